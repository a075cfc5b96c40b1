#include "harness/project/failure_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/project/model_error.hpp"

namespace muster::project {
namespace {

/// Where checkpoints cost nothing there is one a second: what is redone is then as good as nothing.
constexpr double shortest_interval = 1;

double write_seconds(Scenario const& scenario, double checkpoint_bytes) {
  double const said = scenario.failures->checkpoint_write.value;
  if (checkpoint_bytes <= 0 || !scenario.storage || scenario.storage->bandwidth.value <= 0) return said;
  return std::max(said, checkpoint_bytes / scenario.storage->bandwidth.value);
}

}  // namespace

double mean_time_between_failures(double node_rate, int nodes) {
  double const rate = node_rate * nodes;
  return rate > 0 ? 1 / rate : std::numeric_limits<double>::infinity();
}

double goodput(Interruptions const& interruptions, double interval) {
  double const lost = (interruptions.restart + interval / 2) / interruptions.mtbf;
  return std::max(0.0, 1 - lost) / (1 + interruptions.write / interval);
}

double best_interval(Interruptions const& interruptions) {
  double const write = interruptions.write, left = interruptions.mtbf - interruptions.restart;
  return left > 0 ? std::sqrt(write * write + 2 * write * left) - write : 0;
}

Availability availability(Scenario const& scenario, int nodes, double checkpoint_bytes, double pull) {
  if (!scenario.failures || scenario.failures->rate.value <= 0) return {};
  double const rate = scenario.failures->rate.value * std::exp(doubt::failures * pull);
  Interruptions const interruptions{mean_time_between_failures(rate, nodes), scenario.failures->restart.value,
                                    write_seconds(scenario, checkpoint_bytes)};
  double const interval = std::max(shortest_interval, best_interval(interruptions));
  return {interruptions.mtbf, interval, goodput(interruptions, interval)};
}

}  // namespace muster::project
