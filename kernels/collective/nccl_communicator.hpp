// A group's ranks as an NCCL communicator.
#pragma once
#include <chrono>
#include <cstddef>
#include <string>

#include "kernels/collective/nccl_api.hpp"
#include "kernels/contract/group.hpp"

namespace muster::cuda {

/// How long the ranks wait for each other to join: MUSTER_NCCL_TIMEOUT in whole seconds, else 120, which is
/// above NCCL's own retries of up to 60 s.
std::chrono::seconds joining_deadline();

/// Non-blocking: a peer that never answers costs the deadline, not the process. The constructor is called by
/// all ranks of the group at the same time, and so is the destructor.
class NcclCommunicator {
 public:
  /// Bootstraps over `group`. Throws DeviceError, also when not all ranks have joined after `deadline`.
  explicit NcclCommunicator(Group& group, std::chrono::seconds deadline = joining_deadline());
  NcclCommunicator(NcclCommunicator const&) = delete;
  NcclCommunicator& operator=(NcclCommunicator const&) = delete;
  ~NcclCommunicator();

  /// Enqueues the sum of all ranks' `in`; returns when NCCL has taken it.
  void all_reduce_sum(void const* in, void* out, std::size_t count, ncclDataType_t type, cudaStream_t stream);
  /// Throws DeviceError when NCCL has found a fault meanwhile (a peer that is gone).
  void require_healthy();

 private:
  void settle(std::chrono::steady_clock::time_point until, std::string const& call);

  NcclApi const& api_;
  ncclComm_t communicator_ = nullptr;
  bool broken_ = false;
};

}  // namespace muster::cuda
