#include "harness/project/published_premise.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/project/collective_model.hpp"
#include "harness/project/gradient_buckets.hpp"

namespace muster::project {
namespace {

constexpr int most_buckets = 32;
constexpr double forward_share = 1.0 / 3;

/// All-reduces of the gradients' bytes in one batch, or in one step where nothing is sharded.
double sums_of(Sharding sharding) { return sharding == Sharding::full ? 1.5 : 1; }

int buckets_of(double bytes) {
  return static_cast<int>(std::clamp(std::round(bytes / static_cast<double>(usual_bucket)), 1.0,
                                     static_cast<double>(most_buckets)));
}

/// Of one size only: described as one node, so that estimates of all smaller ones are not made as well.
CollectiveModel sums_on(Scenario scenario) {
  scenario.nodes = 1;
  return CollectiveModel(std::move(scenario), {});
}

void add_sharded(StepPremise& premise, PublishedSeries const& series, PublishedPoint const& point,
                 double batch) {
  double const bytes = sums_of(series.sharding) * series.gradient_bytes;
  premise.backward = batch * point.accumulation;
  premise.buckets = even_buckets(bytes * point.accumulation, buckets_of(bytes) * point.accumulation);
}

void add_summed_once(StepPremise& premise, PublishedSeries const& series, PublishedPoint const& point,
                     double batch) {
  premise.forward = batch * (point.accumulation - 1 + forward_share);
  premise.backward = batch * (1 - forward_share);
  premise.buckets = even_buckets(series.gradient_bytes, buckets_of(series.gradient_bytes));
}

}  // namespace

Scenario system_of(PublishedSeries const& series, PublishedPoint const& point, double noise) {
  Scenario scenario = series.system;
  scenario.nodes = point.nodes;
  scenario.gpus = point.gpus / point.nodes;
  if (series.kind != PublishedKind::step) {
    scenario.fabric.noise = {};
  } else if (!(scenario.fabric.noise.value > 0)) {
    scenario.fabric.noise = {noise, "assumed"};
  }
  return scenario;
}

StepPremise step_of(PublishedSeries const& series, PublishedPoint const& point, PublishedPoint const& from,
                    double batch) {
  StepPremise premise;
  premise.name = series.name;
  premise.samples = point.local * point.accumulation;
  premise.overlap = series.sums == Sums::overlapped;
  premise.nodes = from.nodes, premise.ranks = from.gpus;
  if (series.tensor > 1) premise.tensor = TensorSums{series.tensor};
  if (series.kind == PublishedKind::linpack) {
    premise.backward = batch;
  } else if (series.sharding == Sharding::none) {
    add_summed_once(premise, series, point, batch);
  } else {
    add_sharded(premise, series, point, batch);
  }
  return premise;
}

double predicted_seconds(PublishedSeries const& series, PublishedPoint const& point,
                         PublishedPoint const& from, double batch, double noise, Draw const& draw) {
  auto const scenario = system_of(series, point, noise);
  auto const premise = step_of(series, point, from, batch);
  auto const sums = sums_on(scenario);
  return step_terms(premise, scenario, sums, point.nodes, draw).seconds;
}

/// Newton's method: a step grows by about one batch's compute for each accumulated batch.
double solve_batch(PublishedSeries const& series, PublishedPoint const& point, double seconds, double noise,
                   Draw const& draw) {
  double const least = 0.01 * seconds / point.accumulation;
  double batch = seconds / point.accumulation;
  for (int i = 0; i < 100; ++i) {
    double const over = predicted_seconds(series, point, point, batch, noise, draw) - seconds;
    if (std::abs(over) <= 1e-9 * seconds || (over > 0 && batch == least)) break;
    batch = std::max(least, batch - over / point.accumulation);
  }
  return batch;
}

}  // namespace muster::project
