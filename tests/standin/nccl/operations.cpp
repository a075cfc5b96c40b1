// NCCL's operations and groups of them.
#include "tests/standin/cudart/hooks.hpp"
#include "tests/standin/nccl/group.hpp"
#include "tests/standin/nccl/handle.hpp"
#include "tests/standin/nccl/log.hpp"

using namespace muster::standin;

namespace {

ncclResult_t refuse(ncclResult_t result, std::string const& text) {
  warn(text);
  return result;
}

/// Not only what the real library checks: host memory, a buffer that ends too early, and buffers that overlap
/// in another way than its "in place" pass there, and do harm.
ncclResult_t check_buffers(Communicator const& communicator, Call const& call) {
  int const rank = communicator.rank(), ranks = communicator.ranks();
  std::size_t const size = element_bytes(call.type);
  auto const sent = sent_elements(call, rank, ranks), received = received_elements(call, rank, ranks);
  if (sent > 0 && !muster_standin_is_device_memory(call.send, sent * size))
    return refuse(ncclInvalidArgument, describe(call) + ": sendbuff is not so much device memory");
  if (received > 0 && !muster_standin_is_device_memory(call.recv, received * size))
    return refuse(ncclInvalidArgument, describe(call) + ": recvbuff is not so much device memory");
  if (overlaps_wrongly(call, rank, ranks))
    return refuse(ncclInvalidArgument,
                  describe(call) + ": the buffers overlap, and not as \"in place\" means");
  return ncclSuccess;
}

ncclResult_t check(Communicator const& communicator, Call const& call) {
  if (auto const state = communicator.ready(); state != ncclSuccess) return state;
  if (element_bytes(call.type) == 0) return refuse(ncclInvalidArgument, "invalid type");
  if (call.root < 0 || call.root >= communicator.ranks())
    return refuse(ncclInvalidArgument, describe(call) + ": invalid root or peer");
  if (reduces(call.function) && is_fp8(call.type) && !communicator.has_fp8())
    return refuse(ncclInvalidArgument, "FP8 reduction support begins with sm90 capable devices.");
  return check_buffers(communicator, call);
}

ncclResult_t issue(char const* function, ncclComm_t handle, Call call, cudaStream_t stream) {
  auto& group = CallGroup::of_this_thread();
  auto const plan = planned(function, handle);
  if (plan.status) return group.note(*plan.status);
  auto& communicator = handle->shared;
  if (auto const result = check(*communicator, call); result != ncclSuccess) {
    if (!communicator->blocking()) communicator->fail(result);
    return group.note(result);
  }
  call.fault = plan.fault;
  group.start();
  group.add(communicator, std::move(call), stream);
  return group.end();
}

ncclResult_t issue_reduction(char const* function, ncclComm_t handle, Call call, ncclRedOp_t op,
                             cudaStream_t stream) {
  auto const reduction = handle->shared->reduction(op, call.type);
  if (!reduction) {
    return CallGroup::of_this_thread().note(
        refuse(ncclInvalidArgument, "reduction operation unknown to this communicator, or not of this type"));
  }
  call.reduction = *reduction;
  return issue(function, handle, std::move(call), stream);
}

}  // namespace

extern "C" {

ncclResult_t ncclAllReduce(void const* send, void* recv, std::size_t count, ncclDataType_t type,
                           ncclRedOp_t op, ncclComm_t communicator, cudaStream_t stream) {
  return issue_reduction(__func__, communicator, {Function::all_reduce, send, recv, count, type}, op, stream);
}

ncclResult_t ncclReduceScatter(void const* send, void* recv, std::size_t count, ncclDataType_t type,
                               ncclRedOp_t op, ncclComm_t communicator, cudaStream_t stream) {
  return issue_reduction(__func__, communicator, {Function::reduce_scatter, send, recv, count, type}, op,
                         stream);
}

ncclResult_t ncclReduce(void const* send, void* recv, std::size_t count, ncclDataType_t type, ncclRedOp_t op,
                        int root, ncclComm_t communicator, cudaStream_t stream) {
  return issue_reduction(__func__, communicator, {Function::reduce, send, recv, count, type, root}, op,
                         stream);
}

ncclResult_t ncclAllGather(void const* send, void* recv, std::size_t count, ncclDataType_t type,
                           ncclComm_t communicator, cudaStream_t stream) {
  return issue(__func__, communicator, {Function::all_gather, send, recv, count, type}, stream);
}

ncclResult_t ncclBroadcast(void const* send, void* recv, std::size_t count, ncclDataType_t type, int root,
                           ncclComm_t communicator, cudaStream_t stream) {
  return issue(__func__, communicator, {Function::broadcast, send, recv, count, type, root}, stream);
}

#ifndef MUSTER_STANDIN_NCCL_OLD
ncclResult_t ncclAlltoAll(void const* send, void* recv, std::size_t count, ncclDataType_t type,
                          ncclComm_t communicator, cudaStream_t stream) {
  return issue(__func__, communicator, {Function::all_to_all, send, recv, count, type}, stream);
}

ncclResult_t ncclGather(void const* send, void* recv, std::size_t count, ncclDataType_t type, int root,
                        ncclComm_t communicator, cudaStream_t stream) {
  return issue(__func__, communicator, {Function::gather, send, recv, count, type, root}, stream);
}

ncclResult_t ncclScatter(void const* send, void* recv, std::size_t count, ncclDataType_t type, int root,
                         ncclComm_t communicator, cudaStream_t stream) {
  return issue(__func__, communicator, {Function::scatter, send, recv, count, type, root}, stream);
}

ncclResult_t ncclGroupSimulateEnd(ncclSimInfo_t* info) {
  if (auto const status = obstacle(__func__)) return *status;
  return CallGroup::of_this_thread().simulate(info->estimatedTime);
}
#endif

ncclResult_t ncclSend(void const* send, std::size_t count, ncclDataType_t type, int peer,
                      ncclComm_t communicator, cudaStream_t stream) {
  return issue(__func__, communicator, {Function::send, send, nullptr, count, type, peer}, stream);
}

ncclResult_t ncclRecv(void* recv, std::size_t count, ncclDataType_t type, int peer, ncclComm_t communicator,
                      cudaStream_t stream) {
  return issue(__func__, communicator, {Function::recv, nullptr, recv, count, type, peer}, stream);
}

ncclResult_t ncclGroupStart() {
  if (auto const status = obstacle(__func__)) return *status;
  CallGroup::of_this_thread().start();
  return ncclSuccess;
}

ncclResult_t ncclGroupEnd() {
  auto const status = obstacle(__func__);
  if (status) CallGroup::of_this_thread().note(*status);  // and nothing of the group starts
  return CallGroup::of_this_thread().end();
}

ncclResult_t ncclRedOpCreatePreMulSum(ncclRedOp_t* op, void* scalar, ncclDataType_t type,
                                      ncclScalarResidence_t residence, ncclComm_t communicator) {
  if (auto const status = obstacle(__func__, communicator)) return *status;
  auto& shared = *communicator->shared;
  if (auto const state = shared.ready(); state != ncclSuccess) return state;
  std::size_t const size = element_bytes(type);
  bool const on_device = residence == ncclScalarDevice;
  if (size == 0 || scalar == nullptr || on_device != muster_standin_is_device_memory(scalar, size))
    return refuse(ncclInvalidArgument,
                  "ncclRedOpCreatePreMulSum: the scalar does not lie where it is said to");
  Reduction reduction{.kind = Reduction::Kind::premultiplied};
  if (on_device) {
    reduction.device_scalar = scalar;
  } else {
    std::copy_n(static_cast<std::byte const*>(scalar), size, reduction.scalar.begin());
  }
  *op = shared.add_operator(reduction, type);
  return ncclSuccess;
}

ncclResult_t ncclRedOpDestroy(ncclRedOp_t op, ncclComm_t communicator) {
  if (auto const status = obstacle(__func__, communicator)) return *status;
  if (communicator->shared->remove_operator(op)) return ncclSuccess;
  return refuse(ncclInvalidArgument, "ncclRedOpDestroy: operator unknown to this communicator");
}
}
