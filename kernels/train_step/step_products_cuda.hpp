// A training step's matrix products on a GPU, planned once for each shape.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/gemm/lt_matmul.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train::cuda {

/// By cuBLASLt, each by the first answer of its heuristics; they share one workspace, being of one stream.
/// bf16 is summed in fp32; fp32 is fp32 (no TF32).
class StepProducts {
 public:
  /// Throws Unsupported, which names the layer, OutOfMemory, DeviceError.
  StepProducts(StepPlan const& plan, cudaStream_t stream, std::function<void(std::string)> const& note);

  // Each enqueues, and may be recorded. y = x w^T; dx = dy w; dw = dy^T x, or dw += dy^T x.
  void forward(int layer, void const* x, void const* w, void* y) const;
  void input_gradient(int layer, void const* dy, void const* w, void* dx) const;
  void operand_gradient(int layer, void const* dy, void const* x, void* dw, bool add) const;

  std::size_t shapes() const { return products_.size(); }

 private:
  using Shape = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, GemmLayout>;
  struct OfLayer {
    muster::cuda::LtMatmul const *forward, *input_gradient, *operand_gradient;
  };
  muster::cuda::LtMatmul const* product(PlannedLayer const& layer, char const* what, Shape const& shape);
  OfLayer const& of(int layer) const { return layers_[static_cast<std::size_t>(layer)]; }

  GemmType type_;
  cudaStream_t stream_;
  std::uint32_t alignment_;  ///< of layers' weights among all parameters
  muster::cuda::LtWorkspace workspace_;
  std::map<Shape, std::unique_ptr<muster::cuda::LtMatmul>> products_{};
  std::vector<OfLayer> layers_{};
};

}  // namespace muster::train::cuda
