#include "kernels/collective/nccl_call.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>

#include "kernels/contract/error.hpp"
#include "kernels/contract/float16.hpp"
#include "kernels/contract/float8.hpp"

namespace muster::cuda {
namespace {

bool failed(ncclResult_t result) { return result != ncclSuccess && result != ncclInProgress; }

/// The sends and receives of one rank, enqueued together when all have been named.
class Exchange {
 public:
  Exchange(NcclPlace const& place, CollectiveCall const& call)
      : place_(place), call_(call), type_(nccl_type(call.type)), bytes_(element_bytes(call.type)) {
    note(place.api.group_start());
  }
  void send(int peer, std::size_t offset, std::size_t count) {
    auto const* const from = static_cast<std::byte const*>(call_.send) + offset * bytes_;
    if (!failed(result_)) note(place_.api.send(from, count, type_, peer, place_.communicator, place_.stream));
  }
  void receive(int peer, std::size_t offset, std::size_t count) {
    auto* const to = static_cast<std::byte*>(call_.recv) + offset * bytes_;
    if (!failed(result_)) note(place_.api.recv(to, count, type_, peer, place_.communicator, place_.stream));
  }
  ncclResult_t end() {
    note(place_.api.group_end());
    return result_;
  }

 private:
  void note(ncclResult_t result) {
    if (!failed(result_)) result_ = result;
  }

  NcclPlace const& place_;
  CollectiveCall const& call_;
  ncclDataType_t const type_;
  std::size_t const bytes_;
  ncclResult_t result_ = ncclSuccess;
};

std::size_t part(int rank, std::size_t count) { return static_cast<std::size_t>(rank) * count; }

ncclResult_t all_to_all(NcclPlace const& place, CollectiveCall const& call) {
  Exchange exchange(place, call);
  for (int peer = 0; peer < place.ranks; ++peer) {
    exchange.send(peer, part(peer, call.count), call.count);
    exchange.receive(peer, part(peer, call.count), call.count);
  }
  return exchange.end();
}

/// A pair with nothing to say to each other takes no part; both know it.
ncclResult_t all_to_all_v(NcclPlace const& place, CollectiveCall const& call) {
  Exchange exchange(place, call);
  for (int peer = 0; peer < place.ranks; ++peer) {
    auto const i = static_cast<std::size_t>(peer);
    if (call.send_counts[i] > 0) exchange.send(peer, call.send_offsets[i], call.send_counts[i]);
    if (call.recv_counts[i] > 0) exchange.receive(peer, call.recv_offsets[i], call.recv_counts[i]);
  }
  return exchange.end();
}

ncclResult_t gather(NcclPlace const& place, CollectiveCall const& call) {
  Exchange exchange(place, call);
  exchange.send(call.root, 0, call.count);
  for (int peer = 0; peer < place.ranks && place.rank == call.root; ++peer)
    exchange.receive(peer, part(peer, call.count), call.count);
  return exchange.end();
}

ncclResult_t scatter(NcclPlace const& place, CollectiveCall const& call) {
  Exchange exchange(place, call);
  for (int peer = 0; peer < place.ranks && place.rank == call.root; ++peer)
    exchange.send(peer, part(peer, call.count), call.count);
  exchange.receive(call.root, 0, call.count);
  return exchange.end();
}

ncclResult_t send_and_receive(NcclPlace const& place, CollectiveCall const& call, int to, int from) {
  Exchange exchange(place, call);
  exchange.send(to, 0, call.count);
  exchange.receive(from, 0, call.count);
  return exchange.end();
}

ncclResult_t ring(NcclPlace const& place, CollectiveCall const& call) {
  return send_and_receive(place, call, (place.rank + 1) % place.ranks,
                          (place.rank + place.ranks - 1) % place.ranks);
}

}  // namespace

ncclDataType_t nccl_type(ElementType type) {
  switch (type) {
    case ElementType::int8:
      return ncclInt8;
    case ElementType::uint8:
      return ncclUint8;
    case ElementType::int32:
      return ncclInt32;
    case ElementType::uint32:
      return ncclUint32;
    case ElementType::int64:
      return ncclInt64;
    case ElementType::uint64:
      return ncclUint64;
    case ElementType::float16:
      return ncclFloat16;
    case ElementType::float32:
      return ncclFloat32;
    case ElementType::float64:
      return ncclFloat64;
    case ElementType::bfloat16:
      return ncclBfloat16;
    case ElementType::float8_e4m3:
      return ncclFloat8e4m3;
    case ElementType::float8_e5m2:
      return ncclFloat8e5m2;
  }
  throw Unsupported("NCCL has no such type");
}

ncclRedOp_t nccl_operator(Reduction reduction) {
  switch (reduction) {
    case Reduction::sum:
    case Reduction::premul_sum:
      return ncclSum;
    case Reduction::prod:
      return ncclProd;
    case Reduction::min:
      return ncclMin;
    case Reduction::max:
      return ncclMax;
    case Reduction::avg:
      return ncclAvg;
  }
  throw Unsupported("NCCL has no such operator");
}

std::array<std::byte, 8> nccl_scalar(ElementType type, int value) {
  std::array<std::byte, 8> element{};
  auto const put = [&element](auto encoded) { std::memcpy(element.data(), &encoded, sizeof encoded); };
  auto const number = static_cast<float>(value);
  switch (type) {
    case ElementType::int8:
    case ElementType::uint8:
      put(static_cast<std::int8_t>(value));
      break;
    case ElementType::int32:
    case ElementType::uint32:
      put(static_cast<std::int32_t>(value));
      break;
    case ElementType::int64:
    case ElementType::uint64:
      put(static_cast<std::int64_t>(value));
      break;
    case ElementType::float16:
      put(to_fp16(number));
      break;
    case ElementType::bfloat16:
      put(to_bf16(number));
      break;
    case ElementType::float8_e4m3:
      put(to_e4m3(number));
      break;
    case ElementType::float8_e5m2:
      put(to_e5m2(number));
      break;
    case ElementType::float32:
      put(number);
      break;
    case ElementType::float64:
      put(static_cast<double>(value));
      break;
  }
  return element;
}

bool has_algorithms(Operation operation) {
  return reduces(operation) || operation == Operation::all_gather || operation == Operation::broadcast;
}

std::string describe(CollectiveCall const& call) {
  if (call.operation == Operation::all_to_all_v)
    return fmt::format("{} of {}", name(call.operation), name(call.type));
  return fmt::format("{} of {} {}", name(call.operation), call.count, name(call.type));
}

ncclResult_t issue(NcclPlace const& place, CollectiveCall const& call, ncclRedOp_t op) {
  auto const& [api, comm, rank, ranks, stream] = place;
  auto const type = nccl_type(call.type);
  switch (call.operation) {
    case Operation::all_reduce:
      return api.all_reduce(call.send, call.recv, call.count, type, op, comm, stream);
    case Operation::all_gather:
      return api.all_gather(call.send, call.recv, call.count, type, comm, stream);
    case Operation::reduce_scatter:
      return api.reduce_scatter(call.send, call.recv, call.count, type, op, comm, stream);
    case Operation::broadcast:
      return api.broadcast(call.send, call.recv, call.count, type, call.root, comm, stream);
    case Operation::reduce:
      return api.reduce(call.send, call.recv, call.count, type, op, call.root, comm, stream);
    case Operation::all_to_all:
      return api.all_to_all ? api.all_to_all(call.send, call.recv, call.count, type, comm, stream)
                            : all_to_all(place, call);
    case Operation::gather:
      return api.gather ? api.gather(call.send, call.recv, call.count, type, call.root, comm, stream)
                        : gather(place, call);
    case Operation::scatter:
      return api.scatter ? api.scatter(call.send, call.recv, call.count, type, call.root, comm, stream)
                         : scatter(place, call);
    case Operation::all_to_all_v:
      return all_to_all_v(place, call);
    case Operation::send_recv:
      return ring(place, call);
    case Operation::pairwise:
      return call.partner < 0 ? ncclSuccess : send_and_receive(place, call, call.partner, call.partner);
  }
  throw Unsupported("NCCL has no such operation");
}

}  // namespace muster::cuda
