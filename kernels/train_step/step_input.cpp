#include "kernels/train_step/step_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace muster::train {
namespace {

/// Of dataload's workloads, whatever the data and the storage are: taken over where the case has them.
constexpr std::array reading{"io", "engine", "depth", "check", "storage", "prefetch", "decoder"};

void take(Params const& given, char const* name, std::int64_t left, std::int64_t& value) {
  if (given.has(name) && given.integer(name) != left) value = given.integer(name);
}

}  // namespace

InputPictures input_pictures(StepPlan const& plan, Params const& given, Context const& context) {
  InputPictures pictures;
  if (plan.input == Network::Input::camera && plan.options.shrink == 1 && context.data.empty())
    pictures = {std::max<std::int64_t>(64, context.group.size()), 1280, 960};
  take(given, "images", -1, pictures.images);
  take(given, "width", 0, pictures.width);
  take(given, "height", 0, pictures.height);
  return pictures;
}

std::vector<std::pair<std::string, std::string>> picture_facts(InputPictures const& pictures,
                                                               Context const& context) {
  if (!context.data.empty()) return {};
  return {{"pictures", fmt::format("{} x {} pixels (median), {} different ones", pictures.width,
                                   pictures.height, pictures.images)}};
}

Params pipeline_params(StepPlan const& plan, Params const& given, Context const& context) {
  bool const camera = plan.input == Network::Input::camera;
  Params params;
  params.set("format", "jpeg");
  params.set("batch", plan.samples * (camera ? plan.pictures : 1));
  params.set("size", plan.size);
  params.set("output", plan.options.type == Type::bf16 ? "bfloat16" : "float32");
  auto const pictures = input_pictures(plan, given, context);
  params.set("images", pictures.images);
  params.set("width", pictures.width);
  params.set("height", pictures.height);
  for (auto const* name : reading) {
    if (given.has(name)) params.set(name, given.at(name));
  }
  return params;
}

}  // namespace muster::train
