#include "kernels/collective/nccl_estimator.hpp"

#include <cuda_runtime_api.h>

#include <functional>
#include <memory>

#include "kernels/collective/bounded.hpp"
#include "kernels/collective/nccl_call.hpp"
#include "kernels/collective/nccl_joining.hpp"
#include "kernels/contract/error.hpp"
#include "kernels/cuda/error.hpp"

namespace muster::cuda {
namespace {

int current_device() {
  int device = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  return device;
}

/// Calls `function` on `device` in a thread of its own. Nothing: it did not return in time.
template <class Result>
std::optional<Result> bounded(std::chrono::milliseconds limit, int device, std::function<Result()> function) {
  auto const result = std::make_shared<Result>();
  bool const returned = returns_within(limit, [device, function, result] {
    (void)cudaSetDevice(device);  // what follows fails by itself if this does
    *result = function();
  });
  return returned ? std::optional(*result) : std::nullopt;
}

}  // namespace

NcclEstimator::NcclEstimator(Group& group, int max_ctas, std::chrono::milliseconds limit)
    : api_(nccl()), rank_(group.rank()), ranks_(group.size()), device_(current_device()), limit_(limit) {
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 1;
  if (max_ctas > 0) config.maxCTAs = max_ctas;
  struct Joined {
    ncclResult_t result = ncclSuccess;
    ncclComm_t communicator = nullptr;
  };
  auto const ids = invitations(api_, group, usual_ranks_per_id);
  auto const joined =
      bounded<Joined>(limit, device_, [&api = api_, rank = rank_, ranks = ranks_, ids, config] {
        Joined made;
        made.result = begin_to_join(api, &made.communicator, rank, ranks, ids, config);
        return made;
      });
  if (!joined) throw DeviceError("the communicator for estimates does not get ready (a rank is stuck)");
  api_.check(joined->result, "setting up the communicator for estimates");
  communicator_ = joined->communicator;
}

NcclEstimator::~NcclEstimator() {
  if (!communicator_) return;
  // Left behind if it does not return, as are all things of a peer that is stuck.
  (void)bounded<ncclResult_t>(std::chrono::seconds(10), device_, [&api = api_, communicator = communicator_] {
    return api.destroy(communicator);
  });
}

bool NcclEstimator::knows(NcclApi const& api, Operation operation) {
  return api.group_simulate_end && has_algorithms(operation);
}

std::optional<double> NcclEstimator::seconds(CollectiveCall const& call) {
  struct Estimate {
    ncclResult_t result = ncclSuccess;
    float microseconds = 0;
  };
  if (!communicator_) return std::nullopt;
  NcclPlace const place{api_, communicator_, rank_, ranks_, nullptr};
  // All in one thread: groups are a thread's own.
  auto const estimate = bounded<Estimate>(limit_, device_, [place, call] {
    ncclSimInfo_t info = NCCL_SIM_INFO_INITIALIZER;
    auto result = place.api.group_start();
    if (result == ncclSuccess) result = issue(place, call, nccl_operator(call.reduction));
    auto const end = place.api.group_simulate_end(&info);
    return Estimate{result == ncclSuccess ? end : result, info.estimatedTime};
  });
  if (!estimate) communicator_ = nullptr;  // still in use by the thread that hangs
  if (!estimate || estimate->result != ncclSuccess || estimate->microseconds < 0) return std::nullopt;
  return static_cast<double>(estimate->microseconds) * 1e-6;
}

}  // namespace muster::cuda
