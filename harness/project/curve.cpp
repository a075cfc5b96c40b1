#include "harness/project/curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "harness/project/failure_model.hpp"
#include "harness/project/model_error.hpp"
#include "harness/project/power_model.hpp"

namespace muster::project {
namespace {

Availability available(StepModel const& model, int nodes, Draw const& draw) {
  return availability(model.scenario(), nodes, model.premise().checkpoint_bytes.value_or(0), draw.failures);
}

/// Samples of all ranks in a step.
double samples(StepModel const& model, int nodes) {
  return nodes * model.scenario().gpus * model.premise().samples;
}

/// s in each draw, the model's own error among them.
std::vector<double> step_seconds(StepModel const& model, int nodes, Basis const& basis) {
  std::vector<double> seconds;
  double const error = model_error(distance_of(model.scenario(), nodes, basis));
  for (Draw const& draw : basis.draws) {
    seconds.push_back(model.terms(nodes, draw).seconds * std::exp(error * draw.model));
  }
  return seconds;
}

/// Of one GPU alone: the error that is the same at any size is in both, and nobody is more efficient than it.
double efficiency_of(StepModel const& model, Draw const& draw, double seconds) {
  double const alone = model.alone(draw) * std::exp(model_error({}) * draw.model);
  return std::min(1.0, alone / seconds);
}

/// What the draws give, one value each.
struct Columns {
  std::vector<double> step, rate, efficiency, goodput, useful, joules;
};

Columns columns(StepModel const& model, int nodes, Basis const& basis) {
  Columns all;
  all.step = step_seconds(model, nodes, basis);
  for (std::size_t i = 0; i < basis.draws.size(); ++i) {
    Draw const& draw = basis.draws[i];
    double const rate = samples(model, nodes) / all.step[i], goodput = available(model, nodes, draw).goodput;
    all.rate.push_back(rate);
    all.efficiency.push_back(efficiency_of(model, draw, all.step[i]));
    all.goodput.push_back(goodput);
    all.useful.push_back(rate * goodput);
    all.joules.push_back(training_watts(model.premise(), model.scenario(), nodes, draw.power).value_or(0) /
                         rate);
  }
  return all;
}

constexpr std::array parts_of_a_step{Limit::compute, Limit::communication, Limit::storage, Limit::stragglers,
                                     Limit::unexplained};

/// Failures are no part of a step: they limit where they cost more than the part that limits it.
Limit limit_of(StepTerms const& terms, double goodput) {
  double const lost = goodput > 0 ? terms.seconds * (1 / goodput - 1) : HUGE_VAL;
  bool const most =
      std::ranges::all_of(parts_of_a_step, [&](Limit part) { return lost > seconds_of(part, terms); });
  return most ? Limit::failures : terms.limit;
}

}  // namespace

Distance distance_of(Scenario const& scenario, int nodes, Basis const& basis) {
  double const ranks = static_cast<double>(nodes) * scenario.gpus;
  return {doublings_beyond(ranks, basis.measured_ranks), nodes > 1 && !basis.between_measured};
}

ProjectedStep projected_step(StepModel const& model, int nodes, Basis const& basis) {
  ProjectedStep step;
  step.workload = model.premise().name;
  step.scenario = model.scenario().name;
  step.nodes = nodes;
  auto const all = columns(model, nodes, basis);
  step.step = band_of(all.step), step.rate = band_of(all.rate), step.efficiency = band_of(all.efficiency);
  step.goodput = band_of(all.goodput), step.useful_rate = band_of(all.useful),
  step.joules = band_of(all.joules);
  step.terms = model.terms(nodes, {});
  auto const middle = available(model, nodes, {});
  step.terms.limit = limit_of(step.terms, middle.goodput);
  step.checkpoint_interval = middle.interval;
  step.extrapolation =
      static_cast<double>(nodes) * model.scenario().gpus / std::max(1, model.premise().ranks);
  return step;
}

Band useful_rates(StepModel const& model, int nodes, Basis const& basis) {
  return band_of(columns(model, nodes, basis).useful);
}

double useful_rate(StepModel const& model, int nodes, Draw const& draw) {
  return samples(model, nodes) / model.terms(nodes, draw).seconds * available(model, nodes, draw).goodput;
}

}  // namespace muster::project
