#include "kernels/train_step/step_input.hpp"

#include <array>

namespace muster::train {
namespace {

/// Of dataload's workloads, whatever the data and the storage are: taken over where the case has them.
constexpr std::array reading{"images", "width", "height",  "io",       "engine",
                             "depth",  "check", "storage", "prefetch", "decoder"};

}  // namespace

Params pipeline_params(StepPlan const& plan, Params const& given) {
  bool const camera = plan.input == Network::Input::camera;
  Params params;
  params.set("format", "jpeg");
  params.set("batch", plan.samples * (camera ? plan.pictures : 1));
  params.set("size", plan.size);
  params.set("output", plan.options.type == Type::bf16 ? "bfloat16" : "float32");
  for (auto const* name : reading) {
    if (given.has(name)) params.set(name, given.at(name));
  }
  return params;
}

}  // namespace muster::train
