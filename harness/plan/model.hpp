// A network's matrix products: what its layers compute, forward and backward, as GEMM shapes.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/plan/faults.hpp"

namespace muster {

/// What training computes of a layer.
enum class Pass { forward, data_gradient, weight_gradient };

std::vector<Pass> all_passes();
std::vector<std::string> pass_names();
std::string_view name(Pass pass);
std::optional<Pass> pass_named(std::string_view name);

/// y = x W^T, `batch` times: x is rows x inputs, W outputs x inputs, y rows x outputs. For attention's scores
/// W is the keys; for a convolution as implicit GEMM rows are output pixels, inputs the kernel's window over
/// a group's channels, and the batch its groups.
struct Layer {
  std::string name;
  std::int64_t rows = 0, outputs = 0, inputs = 0, batch = 1;
};

struct Model {
  std::string name, summary, source;
  std::vector<Layer> layers;
};

/// The product D = A B of one pass; `layout` as gemm's parameter: is A, is B stored transposed?
struct Shape {
  std::int64_t m = 0, n = 0, k = 0, batch = 1;
  std::string layout;
  bool operator==(Shape const&) const = default;
};

/// forward y = x W^T: rows x outputs x inputs, nt. Data gradient dx = dy W: rows x inputs x outputs, nn.
/// Weight gradient dW = dy^T x: outputs x inputs x rows, tn.
Shape shape_of(Layer const& layer, Pass pass);

/// Reads a model's file (format: configs/README.md). Adds what is wrong to `faults`. Throws Error(usage) when
/// it cannot be read at all.
Model read_model(std::filesystem::path const& file, Faults& faults);

/// The output of a convolution in one dimension; at least 1.
std::int64_t convolved(std::int64_t input, std::int64_t kernel, std::int64_t stride, std::int64_t padding);

}  // namespace muster
