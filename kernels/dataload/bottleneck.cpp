#include "kernels/dataload/bottleneck.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace muster::dataload {
namespace {

constexpr std::array resources{Resource::storage, Resource::cpus, Resource::link, Resource::gpu,
                               Resource::consumer};

struct Stage {
  StageRate const* rate = nullptr;
  double seconds = 0;  ///< for a picture
};

/// Seconds that the stages of `resource` take for a picture.
double time_of(std::vector<Stage> const& stages, Resource resource) {
  double sum = 0;
  for (auto const& stage : stages) {
    if (stage.rate->on == resource) sum += stage.seconds;
  }
  return sum;
}

std::vector<Stage> timed(std::span<StageRate const> rates, double (*rate_of)(StageRate const&)) {
  std::vector<Stage> stages;
  for (auto const& rate : rates) {
    if (double const value = rate_of(rate); value > 0) stages.push_back({&rate, 1 / value});
  }
  return stages;
}

Resource slowest(std::vector<Stage> const& stages) {
  return *std::ranges::max_element(resources, {}, [&](Resource r) { return time_of(stages, r); });
}

Stage const& longest(std::vector<Stage> const& stages, Resource resource) {
  return *std::ranges::max_element(
      stages, {}, [&](Stage const& stage) { return stage.rate->on == resource ? stage.seconds : -1; });
}

std::string names_on(std::vector<Stage> const& stages, Resource resource) {
  std::vector<std::string> names;
  for (auto const& stage : stages) {
    if (stage.rate->on == resource) names.push_back(stage.rate->name);
  }
  std::string text = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) text += (i + 1 == names.size() ? " and " : ", ") + names[i];
  return names.size() > 1 ? text : "";
}

std::string why(std::vector<Stage> const& stages, StageRate const& found) {
  if (stages.size() == 1) return "the only stage";
  if (found.on == Resource::consumer) return "the input keeps up with the step";
  auto const sharing = names_on(stages, found.on);
  if (sharing.empty()) return "the slowest of the stages that go on side by side";
  return sharing + " share " + words(found.on) + ", and it takes the most of their time";
}

}  // namespace

std::string words(Resource resource) {
  switch (resource) {
    case Resource::storage:
      return "the storage";
    case Resource::cpus:
      return "the CPUs";
    case Resource::link:
      return "the link to the device";
    case Resource::gpu:
      return "the GPU";
    case Resource::consumer:
      return "the consumer";
  }
  return "";
}

Bottleneck find_bottleneck(std::span<StageRate const> rates) {
  auto const inside =
      timed(rates, [](StageRate const& rate) { return rate.inside > 0 ? rate.inside : rate.alone; });
  if (inside.empty()) return {};
  Resource const resource = slowest(inside);
  double const seconds = time_of(inside, resource);
  auto const& stage = longest(inside, resource);
  Bottleneck found{.stage = stage.rate->name,
                   .limit = 1 / seconds,
                   .busy = stage.seconds / seconds,
                   .reason = why(inside, *stage.rate)};
  auto left = timed(rates, [](StageRate const& rate) { return std::max(rate.inside, rate.alone); });
  std::erase_if(left, [&](Stage const& other) { return other.rate->name == found.stage; });
  if (left.empty()) return found;
  Resource const then = slowest(left);
  found.next = longest(left, then).rate->name;
  found.next_limit = 1 / time_of(left, then);
  return found;
}

}  // namespace muster::dataload
