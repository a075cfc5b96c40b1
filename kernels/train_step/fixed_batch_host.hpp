// One batch, made once from counters: a step without input, and a step that is verified.
#pragma once
#include <cstdint>

#include "kernels/host/buffer.hpp"
#include "kernels/train_step/one_batch.hpp"

namespace muster::train {

class FixedBatch {
 public:
  /// As many numbers as the first layer of `plan` takes; another batch on each rank.
  FixedBatch(StepPlan const& plan, Context& context);
  BatchView view() const { return {values_.data(), count_, BatchView::Kind::float32}; }
  std::uint64_t hash() const;

 private:
  std::uint64_t count_;
  host::Buffer values_;
};

using FixedInput = OneBatch<FixedBatch>;

}  // namespace muster::train
