// What NCCL expects an operation to take.
#pragma once
#include <chrono>
#include <optional>

#include "kernels/collective/nccl_api.hpp"
#include "kernels/contract/collective.hpp"
#include "kernels/contract/group.hpp"

namespace muster::cuda {

/// A blocking communicator of its own, for estimates alone: in a non-blocking one NCCL (up to 2.30:
/// src/group.cc, ncclGroupEndInternal) starts the operation instead of estimating it. Each of its calls may
/// block, so each is bounded. All functions are called by all ranks together.
class NcclEstimator {
 public:
  /// Throws DeviceError when not all ranks have joined in time.
  NcclEstimator(Group& group, int max_ctas, std::chrono::milliseconds limit);
  NcclEstimator(NcclEstimator const&) = delete;
  NcclEstimator& operator=(NcclEstimator const&) = delete;
  ~NcclEstimator();

  /// Can this library estimate this operation?
  static bool knows(NcclApi const& api, Operation operation);

  /// Seconds; nothing when NCCL has none. premul_sum counts as sum.
  std::optional<double> seconds(CollectiveCall const& call);

 private:
  NcclApi const& api_;
  int const rank_, ranks_, device_;
  std::chrono::milliseconds const limit_;
  ncclComm_t communicator_ = nullptr;
};

}  // namespace muster::cuda
