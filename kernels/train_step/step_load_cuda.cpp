#include "kernels/train_step/step_load_cuda.hpp"

#include <algorithm>

#include "kernels/contract/error.hpp"
#include "kernels/cuda/error.hpp"

namespace muster::train::cuda {
namespace {

using muster::cuda::check;
using muster::cuda::DeviceBuffer;

/// Zeros for the layer that takes the most.
DeviceBuffer largest(StepPlan const& plan, std::uint64_t (PlannedLayer::*count)() const,
                     cudaStream_t stream) {
  std::uint64_t most = 0;
  for (auto const& layer : plan.layers) most = std::max(most, (layer.*count)());
  DeviceBuffer buffer(most * bytes_of(plan.options.type), "products that the input is tried beside");
  check(cudaMemsetAsync(buffer.as(), 0, buffer.bytes(), stream), "cudaMemsetAsync");
  return buffer;
}

}  // namespace

StepLoad::StepLoad(StepPlan const& plan, Context& context)
    : stream_(static_cast<cudaStream_t>(context.device.queue())),
      products_(plan, stream_, context.note),
      inputs_(largest(plan, &PlannedLayer::input_count, stream_)),
      operand_(largest(plan, &PlannedLayer::operand_count, stream_)),
      outputs_(largest(plan, &PlannedLayer::output_count, stream_)) {
  list(plan);
  thread_ = std::thread([this, device = context.device.info().index] {
    (void)cudaSetDevice(device);  // fails in every later call as well
    try {
      work();
    } catch (CaseError const&) {
      // A device at fault: whoever is tried beside this meets the same fault, and says so.
    }
  });
}

StepLoad::~StepLoad() {
  stop_ = true;
  thread_.join();
  for (auto const& event : done_) event.outlast();
}

void StepLoad::list(StepPlan const& plan) {
  int const layers = static_cast<int>(plan.layers.size());
  for (int layer = 0; layer < layers; ++layer)
    step_.emplace_back([=, this] { products_.forward(layer, inputs_.as(), operand_.as(), outputs_.as()); });
  if (plan.options.inference) return;
  for (int layer = layers - 1; layer >= 0; --layer) {
    step_.emplace_back(
        [=, this] { products_.operand_gradient(layer, outputs_.as(), inputs_.as(), operand_.as(), false); });
    if (layer == 0 && !plan.first_data_gradient()) continue;
    step_.emplace_back(
        [=, this] { products_.input_gradient(layer, outputs_.as(), operand_.as(), inputs_.as()); });
  }
}

void StepLoad::work() {
  for (std::uint64_t number = 0; !stop_; ++number) {
    auto& done = done_[number % ahead];
    if (number >= ahead) {
      done.wait();
      ended_ = number - ahead + 1;
    }
    step_[number % step_.size()]();
    done.record(stream_);
  }
}

double StepLoad::steps() const { return static_cast<double>(ended_) / static_cast<double>(step_.size()); }

}  // namespace muster::train::cuda
