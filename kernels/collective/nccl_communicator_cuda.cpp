#include "kernels/collective/nccl_communicator.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <span>
#include <thread>

#include "kernels/contract/error.hpp"

namespace muster::cuda {
namespace {

using Clock = std::chrono::steady_clock;

/// What rank 0 sends to all: the id, or that there is none, so that nobody waits for it.
struct Invitation {
  ncclUniqueId id;
  ncclResult_t result;
};

Invitation invite(NcclApi const& api, Group& group) {
  Invitation invitation{};
  if (group.rank() == 0) invitation.result = api.get_unique_id(&invitation.id);
  group.broadcast(std::as_writable_bytes(std::span(&invitation, 1)), 0);
  return invitation;
}

}  // namespace

std::chrono::seconds joining_deadline() {
  char const* const value = std::getenv("MUSTER_NCCL_TIMEOUT");
  int const seconds = value ? std::atoi(value) : 0;
  return std::chrono::seconds(seconds > 0 ? seconds : 120);
}

NcclCommunicator::NcclCommunicator(Group& group, std::chrono::seconds deadline) : api_(nccl()) {
  auto const invitation = invite(api_, group);
  api_.check(invitation.result, "ncclGetUniqueId on rank 0");
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  auto const result = api_.init_rank(&communicator_, group.size(), invitation.id, group.rank(), &config);
  try {
    api_.check(result, "ncclCommInitRankConfig");
    settle(Clock::now() + deadline, "ncclCommInitRankConfig");
  } catch (...) {
    if (communicator_) (void)api_.abort(communicator_);  // the destructor does not run any more
    throw;
  }
}

NcclCommunicator::~NcclCommunicator() {
  try {
    if (broken_) throw DeviceError("the communicator is broken");
    require_healthy();
    api_.check(api_.finalize(communicator_), "ncclCommFinalize");
    settle(Clock::now() + std::chrono::seconds(30), "ncclCommFinalize");
    api_.check(api_.destroy(communicator_), "ncclCommDestroy");
  } catch (DeviceError const&) {
    (void)api_.abort(communicator_);  // peers that are gone never take part in an orderly end
  }
}

void NcclCommunicator::all_reduce_sum(void const* in, void* out, std::size_t count, ncclDataType_t type,
                                      cudaStream_t stream) {
  auto const result = api_.all_reduce(in, out, count, type, ncclSum, communicator_, stream);
  if (result == ncclSuccess) return;
  broken_ = result != ncclInProgress;
  api_.check(result, "ncclAllReduce");
  settle(Clock::now() + std::chrono::seconds(100), "ncclAllReduce");
}

void NcclCommunicator::require_healthy() {
  auto state = ncclSuccess;
  api_.check(api_.async_error(communicator_, &state), "ncclCommGetAsyncError");
  broken_ = broken_ || (state != ncclSuccess && state != ncclInProgress);
  api_.check(state, "NCCL");
}

/// Until nothing is under way any more: NCCL takes no further call before that.
void NcclCommunicator::settle(Clock::time_point until, std::string const& call) {
  for (int polls = 0;; ++polls) {
    auto state = ncclSuccess;
    api_.check(api_.async_error(communicator_, &state), "ncclCommGetAsyncError");
    broken_ = broken_ || (state != ncclSuccess && state != ncclInProgress);
    api_.check(state, call);
    if (state == ncclSuccess) return;
    if (Clock::now() > until) {
      broken_ = true;
      throw DeviceError(
          call +
          " does not end (a rank is stuck, or cannot be reached) see which by NCCL_DEBUG=INFO, and "
          "whether NCCL_SOCKET_IFNAME names a network that all nodes share");
    }
    if (polls > 1000) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

}  // namespace muster::cuda
