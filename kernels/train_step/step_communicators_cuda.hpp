// The communicators of a training step's ranks: among those that sum gradients, and among those that share
// layers.
#pragma once
#include <memory>
#include <string>

#include "kernels/collective/nccl_communicator.hpp"
#include "kernels/contract/workload.hpp"
#include "kernels/train_step/step_members.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train::cuda {

struct StepCommunicators {
  std::string key{};  ///< of what they were made for
  StepMembers members{};
  /// Null where there is one rank, or nothing is shared.
  std::unique_ptr<muster::cuda::NcclCommunicator> data{}, layer{};
  bool shares_gpus = false;

  bool healthy() const;
  /// Throws as NcclCommunicator::look(): for whoever waits for the streams that they work on.
  void look(double seconds) const;
  void require_healthy() const;
  void abort_if_broken() const;
};

/// Of a plan's ranks and channels; kept on the device from one case to the next. All ranks of the world call
/// it at once, and throw on all of them when any fails.
std::shared_ptr<StepCommunicators> step_communicators(StepPlan const& plan, Context& context);

}  // namespace muster::train::cuda
