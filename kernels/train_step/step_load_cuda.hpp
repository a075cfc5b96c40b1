// A training step without its input: beside it decoders of pictures are tried, before there is the step
// itself.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/train_step/cuda_machine_cuda.hpp"
#include "kernels/train_step/fixed_batch_cuda.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train::cuda {

/// All that a rank's own GPU does in a step of one micro-batch, enqueued as StepInstance and
/// InferenceInstance do it, recorded or not as the plan says, by a thread as theirs; without sums among
/// ranks, since not all ranks need be here. Its numbers are those of the fixed batch.
class StepLoad final : public Load {
 public:
  /// Takes the memory of a step, as CudaMachine does, until it ends; recorded steps are recorded when it
  /// returns. Throws Unsupported, OutOfMemory, DeviceError.
  StepLoad(StepPlan const& plan, Context& context);
  StepLoad(StepLoad const&) = delete;
  StepLoad& operator=(StepLoad const&) = delete;
  ~StepLoad() override;  ///< waits for what is enqueued

  void step(void* queue) override;
  double finish() override;

 private:
  struct Step {
    muster::cuda::Event ready{}, done{muster::cuda::Event::Timing::on};
  };

  void enqueue();
  void take_times();
  void work();
  void await_enqueued(std::size_t steps);

  StepPlan plan_;
  StepMarks marks_;
  cudaStream_t stream_;
  FixedInput input_;
  CudaMachine machine_;
  std::vector<double> times_;
  std::uint64_t open_ = 0;  ///< steps whose marks were not taken

  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<Step> steps_{};  ///< since the last finish()
  std::size_t enqueued_ = 0;  ///< of these
  bool stop_ = false;
  std::exception_ptr fault_{};
  std::thread thread_;
};

}  // namespace muster::train::cuda
