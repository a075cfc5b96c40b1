#include "kernels/train_step/step_products_cuda.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/contract/error.hpp"

namespace muster::train::cuda {

using muster::cuda::LtMatmul;

StepProducts::StepProducts(StepPlan const& plan, cudaStream_t stream,
                           std::function<void(std::string)> const& note)
    : type_(plan.options.type == Type::bf16 ? GemmType::bf16 : GemmType::fp32),
      stream_(stream),
      alignment_(std::min(muster::cuda::LtProduct::usual_alignment,
                          static_cast<std::uint32_t>(parameter_alignment * bytes_of(plan.options.type)))),
      workspace_(muster::cuda::lt_workspace(muster::cuda::lt_workspace_bytes, note)) {
  for (auto const& p : plan.layers) {
    OfLayer layer{product(p, "outputs", {p.rows, p.outputs, p.inputs, p.batch, GemmLayout::nt}), nullptr,
                  nullptr};
    if (!plan.options.inference) {
      layer.operand_gradient =
          product(p, "weights' gradient", {p.outputs, p.inputs, p.rows, p.batch, GemmLayout::tn});
      if (!layers_.empty() || plan.first_data_gradient())
        layer.input_gradient =
            product(p, "inputs' gradient", {p.rows, p.inputs, p.outputs, p.batch, GemmLayout::nn});
    }
    layers_.push_back(layer);
  }
}

LtMatmul const* StepProducts::product(PlannedLayer const& layer, char const* what, Shape const& shape) {
  auto& known = products_[shape];
  if (known) return known.get();
  auto const& [m, n, k, batch, layout] = shape;
  GemmProblem const problem{
      .type = type_, .output = type_, .m = m, .n = n, .k = k, .layout = layout, .batch = batch};
  try {
    known = std::make_unique<LtMatmul>(problem, workspace_, stream_, alignment_);
  } catch (Unsupported const& error) {
    throw Unsupported(
        fmt::format("the {} of layer {}, {}: {}", what, layer.name, describe(problem), error.what()));
  }
  return known.get();
}

void StepProducts::forward(int layer, void const* x, void const* w, void* y) const {
  of(layer).forward->enqueue(x, w, y);
}

void StepProducts::input_gradient(int layer, void const* dy, void const* w, void* dx) const {
  of(layer).input_gradient->enqueue(dy, w, dx);
}

void StepProducts::operand_gradient(int layer, void const* dy, void const* x, void* dw, bool add) const {
  of(layer).operand_gradient->enqueue({.a = dy, .b = x, .d = dw, .add = add});
}

}  // namespace muster::train::cuda
