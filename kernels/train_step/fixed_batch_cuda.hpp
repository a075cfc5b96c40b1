// One batch on the GPU, made once from counters: a step without input, and a step that is verified.
#pragma once
#include <cstdint>

#include "kernels/contract/workload.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/train_step/step_kernels_cuda.hpp"

namespace muster::train::cuda {

class FixedBatch {
 public:
  /// As many numbers as the first layer of `plan` takes; another batch on each rank. Throws OutOfMemory.
  FixedBatch(StepPlan const& plan, Context& context);
  BatchView view() const { return {values_.as(), count_, BatchView::Kind::float32}; }

 private:
  std::uint64_t count_;
  muster::cuda::DeviceBuffer values_;
};

class FixedInput final : public StepInput {
 public:
  FixedInput(StepPlan const& plan, Context& context);
  BatchView next() override {
    ++batches_;
    return batch_.view();
  }
  void resume() override {}
  std::uint64_t batches() const override { return batches_; }
  double bytes_of_batch() const override { return 0; }
  Verdict verify() override;  ///< is it as it was?
  std::vector<Figure> figures() override { return {}; }
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  std::uint64_t hash() const { return kernels_.hash(batch_.view().data, batch_.view().count); }

  StepKernels kernels_;
  FixedBatch batch_;
  std::uint64_t hash_;
  std::uint64_t batches_ = 0;
};

}  // namespace muster::train::cuda
