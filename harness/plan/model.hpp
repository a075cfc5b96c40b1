// A network by its matrix products: what its layers compute, forward and backward, as GEMM shapes; and, where
// its file says so, as a training step runs it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/plan/faults.hpp"
#include "kernels/contract/network.hpp"

namespace muster {

/// What training computes of a layer.
enum class Pass { forward, data_gradient, weight_gradient };

std::vector<Pass> all_passes();
std::vector<std::string> pass_names();
std::string_view name(Pass pass);
std::optional<Pass> pass_named(std::string_view name);

using Layer = train::NetworkLayer;

struct Model {
  std::string name, summary, source;
  std::vector<Layer> layers;  ///< each once, however often its block is repeated
  /// Absent where the file does not say of how many samples the layers are: then it is good for their shapes.
  std::optional<train::Network> network{};
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
