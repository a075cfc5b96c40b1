#include "kernels/train_step/fixed_batch_cuda.hpp"

#include "kernels/train_step/step_data.hpp"

namespace muster::train::cuda {

FixedBatch::FixedBatch(StepPlan const& plan, Context& context)
    : kernels_(plan.options.type, context.device.info().units,
               static_cast<cudaStream_t>(context.device.queue())),
      count_(plan.layers.front().input_count()),
      values_(count_ * sizeof(float), "the fixed batch") {
  kernels_.fill_batch(values_.as<float>(), count_,
                      batch_key(context.seed, static_cast<std::uint64_t>(context.group.rank())));
}

}  // namespace muster::train::cuda
