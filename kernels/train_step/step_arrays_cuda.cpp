#include "kernels/train_step/step_arrays_cuda.hpp"

namespace muster::train::cuda {

StepArrays::StepArrays(StepPlan const& plan, StepKernels const& kernels)
    : type_(plan.options.type), parameters_(plan.parameters) {
  bool const trains = !plan.options.inference;
  std::uint64_t const states = trains ? 3 : type_ == Type::fp32 ? 1 : 0;
  state_ = DeviceBuffer(states * parameters_ * sizeof(float), "weights and moments");
  if (type_ == Type::bf16) copy_ = elements(parameters_, "the weights in bf16");
  place_outputs(plan);
  inputs_ = elements(largest_layer(plan).inputs, "a layer's inputs");
  operand_ = elements(largest_layer(plan).operand, "a layer's second operand");
  if (trains) make_gradients(plan, kernels);
}

DeviceBuffer StepArrays::elements(std::uint64_t count, char const* what) const {
  return {static_cast<std::size_t>(count * bytes_of(type_)), what};
}

/// One allocation, since each costs up to 2 MiB; every layer's begin at a multiple of 256 bytes. In inference
/// two places take turns: a layer needs the one before and no other.
void StepArrays::place_outputs(StepPlan const& plan) {
  std::uint64_t const granule = 256 / bytes_of(type_);
  auto const padded = [&](std::uint64_t count) { return (count + granule - 1) / granule * granule; };
  std::uint64_t const most = padded(largest_layer(plan).outputs);
  std::uint64_t at = 0;
  for (auto const& layer : plan.layers) {
    begins_.push_back(plan.options.inference ? begins_.size() % 2 * most : at);
    at += padded(layer.output_count());
  }
  outputs_ = elements(plan.options.inference ? 2 * most : at, "the layers' outputs");
}

void StepArrays::make_gradients(StepPlan const& plan, StepKernels const& kernels) {
  gradients_ = elements(parameters_, "gradients");
  auto const most = largest_layer(plan);
  input_gradient_ = elements(most.inputs, "a layer's input gradient");
  operand_gradient_ = elements(most.operand, "a layer's second operand's gradient");
  for (auto& each : output_gradients_) each = elements(most.outputs, "a layer's output gradient");
  clock_ = DeviceBuffer(sizeof(AdamwClock), "AdamW's step number");
  if (!plan.first_data_gradient()) return;
  slices_ =
      slices_of(plan.layers.front().input_count(), plan.embedding_count, kernels.pack(), kernels.units());
  sums_ = DeviceBuffer(slices_.slices * slices_.size * sizeof(float), "sums of the embedding's gradient");
}

}  // namespace muster::train::cuda
