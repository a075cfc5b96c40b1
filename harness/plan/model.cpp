#include "harness/plan/model.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace muster {
namespace {

constexpr std::array<std::pair<Pass, std::string_view>, 3> passes{
    {{Pass::forward, "forward"},
     {Pass::data_gradient, "data_gradient"},
     {Pass::weight_gradient, "weight_gradient"}}};

}  // namespace

std::vector<Pass> all_passes() { return {Pass::forward, Pass::data_gradient, Pass::weight_gradient}; }

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (auto const& [pass, name] : passes) names.emplace_back(name);
  return names;
}

std::string_view name(Pass pass) {
  for (auto const& [known, name] : passes) {
    if (known == pass) return name;
  }
  return "forward";
}

std::optional<Pass> pass_named(std::string_view name) {
  for (auto const& [pass, known] : passes) {
    if (known == name) return pass;
  }
  return std::nullopt;
}

Shape shape_of(Layer const& layer, Pass pass) {
  switch (pass) {
    case Pass::forward:
      return {layer.rows, layer.outputs, layer.inputs, layer.batch, "nt"};
    case Pass::data_gradient:
      return {layer.rows, layer.inputs, layer.outputs, layer.batch, "nn"};
    case Pass::weight_gradient:
      return {layer.outputs, layer.inputs, layer.rows, layer.batch, "tn"};
  }
  return {};
}

std::int64_t convolved(std::int64_t input, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  return std::max<std::int64_t>(1, (input + 2 * padding - kernel) / stride + 1);
}

}  // namespace muster
