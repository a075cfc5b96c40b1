#include "harness/project/projection.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "harness/core/each_index.hpp"
#include "harness/core/error.hpp"
#include "harness/core/statistics.hpp"
#include "harness/project/comparisons.hpp"
#include "harness/project/curve.hpp"
#include "harness/project/draws.hpp"
#include "harness/project/figures.hpp"
#include "harness/project/half_lost.hpp"
#include "harness/project/other_gpu.hpp"
#include "harness/project/refusals.hpp"
#include "harness/project/sensitivity.hpp"
#include "harness/project/warnings.hpp"

namespace muster::project {
namespace {

/// Sums of another GPU's links say nothing of these.
std::span<CollectivePoint const> usable_sums(Premises const& premises, GpuFinding const& gpu) {
  if (gpu.other) return {};
  return premises.collectives;
}

/// What was measured of a node stands where the description is silent.
Scenario completed(Scenario scenario, Premises const& premises) {
  if (!scenario.storage || scenario.storage->node_bandwidth || premises.storage.empty()) return scenario;
  auto const& measured = premises.storage.front();
  if (!measured.rates.empty())
    scenario.storage->node_bandwidth = Stated{median(measured.rates), measured.name};
  return scenario;
}

/// One scenario with all that its figures are computed from. Its parts refer to each other: it stays where it
/// is.
class World {
 public:
  World(Premises const& premises, ClusterDescription const& cluster, Scenario const& scenario,
        std::vector<Draw> draws)
      : premises_(premises),
        gpu_(gpu_finding(premises, cluster)),
        scenario_(completed(scenario, premises)),
        sums_(scenario_, usable_sums(premises, gpu_), cluster.parts->measured_on()),
        basis_{std::move(draws), measured_ranks(), sums_.calibration().between_measured} {
    for (auto const& step : premises.steps) steps_.push_back(of_described_gpu(step));
    auto const measured_on = cluster.parts->measured_on();
    CollectiveModel const sums_there(measured_on, usable_sums(premises, gpu_));
    for (std::size_t i = 0; i < steps_.size(); ++i)
      models_.emplace_back(steps_[i], scenario_, times_of(sums_),
                           rest(premises.steps[i], measured_on, sums_there));
  }
  World(World const&) = delete;
  World& operator=(World const&) = delete;

  Scenario const& scenario() const { return scenario_; }
  Calibration const& calibration() const { return sums_.calibration(); }
  Basis const& basis() const { return basis_; }
  std::vector<StepModel> const& models() const { return models_; }

  ProjectedStep step(std::size_t workload, int nodes) const {
    auto const& model = models_[workload];
    auto step = projected_step(model, nodes, basis_);
    step.measured =
        !gpu_.other && nodes == model.premise().nodes && model.premise().ranks == nodes * scenario_.gpus;
    return step;
  }
  std::vector<ProjectedFigure> figures() const {
    return cluster_figures({premises_, scenario_, sums_, basis_, gpu_.measured});
  }

 private:
  /// Of another GPU nothing is known of the sums in its step: it holds what is beyond its compute, as it is.
  Rest rest(StepPremise const& step, Scenario const& measured_on, CollectiveModel const& sums) const {
    if (!gpu_.other) return rest_of(step, measured_on, times_of(sums));
    if (step.measured.empty()) return {};
    double const compute = step.forward + step.backward + step.optimiser;
    return {std::max(0.0, median(step.measured) - compute), 1};
  }
  StepPremise of_described_gpu(StepPremise const& step) const {
    return gpu_.measured ? on_other_gpu(step, *gpu_.measured, scenario_.gpu) : step;
  }
  int measured_ranks() const {
    int most = 1;
    for (auto const& sum : usable_sums(premises_, gpu_)) most = std::max(most, sum.nodes * sum.gpus);
    for (auto const& step : premises_.steps) most = std::max(most, step.ranks);
    return most;
  }

  Premises const& premises_;
  GpuFinding gpu_;
  Scenario scenario_;
  CollectiveModel sums_;
  Basis basis_;
  std::vector<StepPremise> steps_{};
  std::vector<StepModel> models_{};
};

using Worlds = std::vector<std::unique_ptr<World const>>;

/// All faults at once, those that only models of sums find among them.
Worlds make_worlds(Premises const& premises, ClusterDescription const& cluster,
                   ProjectOptions const& options) {
  auto faults = refusals(premises, cluster, options);
  Worlds worlds;
  if (faults.empty()) {
    auto const draws = make_draws(options.draws, options.seed);
    for (auto const& scenario : cluster.parts->scenarios) {
      try {
        worlds.push_back(std::make_unique<World const>(premises, cluster, scenario, draws));
      } catch (Error const& error) {
        if (std::ranges::find(faults, error.what()) == faults.end()) faults.emplace_back(error.what());
      }
    }
  }
  if (!faults.empty()) throw Error(ExitCode::usage, fmt::format("{}", fmt::join(faults, "\n")));
  return worlds;
}

/// 1, 2, 4, ... and all of the scenario's, or those asked for, each once, rising.
std::vector<int> node_counts(Scenario const& scenario, ProjectOptions const& options) {
  std::vector<int> counts = options.nodes;
  if (counts.empty()) {
    for (int nodes = 1; nodes < scenario.nodes; nodes *= 2) counts.push_back(nodes);
    counts.push_back(scenario.nodes);
  }
  std::ranges::sort(counts);
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

int threads_of(ProjectOptions const& options) {
  if (options.threads > 0) return options.threads;
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
}

/// Of one curve's point.
struct Cell {
  World const* world;
  std::size_t workload;
  int nodes;
};

std::vector<Cell> cells(Worlds const& worlds, ProjectOptions const& options) {
  std::vector<Cell> all;
  for (auto const& world : worlds) {
    auto const counts = node_counts(world->scenario(), options);
    for (std::size_t workload = 0; workload < world->models().size(); ++workload) {
      for (int const nodes : counts) all.push_back({world.get(), workload, nodes});
    }
  }
  return all;
}

/// Each cell has a place of its own, so that figures do not depend on who computes them.
std::vector<ProjectedStep> projected_steps(Worlds const& worlds, ProjectOptions const& options) {
  auto const all = cells(worlds, options);
  std::vector<ProjectedStep> steps(all.size());
  each_index(all.size(), threads_of(options),
             [&](std::size_t i) { steps[i] = all[i].world->step(all[i].workload, all[i].nodes); });
  return steps;
}

int most_nodes_of(World const& world, ProjectOptions const& options) {
  return node_counts(world.scenario(), options).back();
}

std::vector<StepModel const*> same_elsewhere(Worlds const& worlds, World const& but, std::size_t workload) {
  std::vector<StepModel const*> others;
  for (auto const& world : worlds) {
    if (world.get() != &but) others.push_back(&world->models()[workload]);
  }
  return others;
}

struct Answers {
  std::vector<Sensitivity> sensitivities;
  std::vector<HalfLost> half_lost;
  std::vector<Goal> goals{};
};

Answers answers(Worlds const& worlds, World const& world, std::size_t workload,
                ProjectOptions const& options) {
  auto const& model = world.models()[workload];
  int const nodes = most_nodes_of(world, options);
  Answers found{sensitivities(model, nodes, world.basis()), half_lost(model, most_joined(world.scenario()))};
  for (auto& one : against_scenarios(model, same_elsewhere(worlds, world, workload), nodes))
    found.sensitivities.push_back(std::move(one));
  if (options.goal > 0) found.goals.push_back(goal_of(model, options.goal, world.basis()));
  return found;
}

template <class T>
void append(std::vector<T>& to, std::vector<T> from) {
  std::ranges::move(from, std::back_inserter(to));
}

void add_answers(Worlds const& worlds, ProjectOptions const& options, Projection& projection) {
  std::size_t const workloads = projection.premises.steps.size();
  std::vector<Answers> found(worlds.size() * workloads);
  each_index(found.size(), threads_of(options), [&](std::size_t i) {
    found[i] = answers(worlds, *worlds[i / workloads], i % workloads, options);
  });
  for (auto& one : found) {
    append(projection.sensitivities, std::move(one.sensitivities));
    append(projection.half_lost, std::move(one.half_lost));
    append(projection.goals, std::move(one.goals));
  }
}

Projection described(Premises const& premises, ClusterDescription const& cluster,
                     ProjectOptions const& options) {
  Projection projection;
  projection.cluster = cluster.name;
  projection.summary = cluster.summary;
  projection.announcement = cluster.parts->announcement;
  projection.premises = premises;
  projection.seed = options.seed;
  projection.draws = options.draws;
  return projection;
}

}  // namespace

Projection project(Premises const& premises, ClusterDescription const& cluster,
                   ProjectOptions const& options) {
  auto const worlds = make_worlds(premises, cluster, options);
  auto projection = described(premises, cluster, options);
  projection.steps = projected_steps(worlds, options);
  Reach reach;
  for (auto const& world : worlds) {
    projection.scenarios.push_back(world->scenario());
    append(projection.figures, world->figures());
    int const nodes = most_nodes_of(*world, options);
    reach = {std::max(reach.nodes, nodes), std::max(reach.gpus, nodes * world->scenario().gpus)};
  }
  add_answers(worlds, options, projection);
  projection.comparisons =
      comparisons(cluster.parts->claims, projection.figures, cluster.parts->scenarios.front());
  projection.warnings = warnings_of(premises, cluster, worlds.front()->calibration(), reach);
  return projection;
}

}  // namespace muster::project
