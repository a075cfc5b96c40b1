#include "harness/project/power_model.hpp"

#include <algorithm>
#include <cmath>

namespace muster::project {
namespace {

double node_watts(Scenario const& scenario, double gpu) {
  double const rest = scenario.node.watts ? scenario.node.watts->value : 0;
  return scenario.gpus * gpu + rest;
}

}  // namespace

std::optional<double> training_watts(StepPremise const& premise, Scenario const& scenario, int nodes,
                                     double pull) {
  if (!premise.watts) return std::nullopt;
  double const drawn = *premise.watts * std::exp(premise.watts_doubt * pull);
  double const most = scenario.gpu.watts ? scenario.gpu.watts->value : drawn;
  return nodes * node_watts(scenario, std::min(drawn, most));
}

std::optional<double> watts_on_other_gpu(double watts, Datasheet const& measured, GpuPart const& described) {
  if (measured.watts <= 0 || !described.watts) return std::nullopt;
  return watts * described.watts->value / measured.watts;
}

std::optional<double> full_watts(Scenario const& scenario, int nodes) {
  if (!scenario.gpu.watts) return std::nullopt;
  return nodes * node_watts(scenario, scenario.gpu.watts->value);
}

}  // namespace muster::project
