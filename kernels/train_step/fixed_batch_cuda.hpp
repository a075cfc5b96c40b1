// One batch on the GPU, made once from counters: a step without input, and a step that is verified.
#pragma once
#include <cstdint>

#include "kernels/cuda/buffer.hpp"
#include "kernels/train_step/one_batch.hpp"
#include "kernels/train_step/step_kernels_cuda.hpp"

namespace muster::train::cuda {

class FixedBatch {
 public:
  /// As many numbers as the first layer of `plan` takes; another batch on each rank. Throws OutOfMemory.
  FixedBatch(StepPlan const& plan, Context& context);
  BatchView view() const { return {values_.as(), count_, BatchView::Kind::float32}; }
  std::uint64_t hash() const { return kernels_.hash(values_.as(), count_); }

 private:
  StepKernels kernels_;
  std::uint64_t count_;
  muster::cuda::DeviceBuffer values_;
};

using FixedInput = OneBatch<FixedBatch>;

}  // namespace muster::train::cuda
