// The matrix products of a training step, over and over: what its input is tried beside before there is a
// step.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/train_step/step_plan.hpp"
#include "kernels/train_step/step_products_cuda.hpp"

namespace muster::train::cuda {

/// All products of a step in its order, forward then backward (inference: forward), on zeros, without what
/// lies between them: a step goes on for longer. Enqueued on the device's queue, by a thread, a few ahead.
class StepLoad final : public Load {
 public:
  /// Takes the memory of one layer's operands, the largest of each. Throws Unsupported, OutOfMemory,
  /// DeviceError.
  StepLoad(StepPlan const& plan, Context& context);
  StepLoad(StepLoad const&) = delete;
  StepLoad& operator=(StepLoad const&) = delete;
  ~StepLoad() override;  ///< waits for what is enqueued

  double steps() const override;

 private:
  /// Enough that the device never waits for the thread, and few, since freeing memory waits for all of them.
  static constexpr std::size_t ahead = 16;

  void list(StepPlan const& plan);
  void work();

  cudaStream_t stream_;
  StepProducts products_;
  muster::cuda::DeviceBuffer inputs_{}, operand_{}, outputs_{};
  std::vector<std::function<void()>> step_{};  ///< enqueue one product each
  muster::cuda::Event done_[ahead];
  std::atomic<std::uint64_t> ended_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace muster::train::cuda
