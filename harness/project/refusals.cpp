#include "harness/project/refusals.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "harness/project/half_lost.hpp"

namespace muster::project {
namespace {

constexpr int fewest_draws = 10, most_draws = 1'000'000;

bool is_duration(double seconds) { return std::isfinite(seconds) && seconds >= 0; }

class Refusals {
 public:
  std::vector<std::string> all(Premises const& premises, ClusterDescription const& cluster,
                               ProjectOptions const& options) {
    if (premises.steps.empty())
      say("no training step among the premises (it is what is projected) run a suite with train_step cases, "
          "such as "
          "train, and give its document");
    for (auto const& step : premises.steps) check(step);
    check(options);
    if (cluster.parts && !cluster.parts->scenarios.empty()) {
      for (auto const& scenario : cluster.parts->scenarios) check(scenario, premises);
    } else {
      say(fmt::format(
          "the cluster '{}' does not say what it is made of (GPUs' peaks and the network set the pace) add "
          "the tables [gpu], [node] and [fabric], for storage and failures [storage] and [failures]",
          cluster.name));
    }
    return std::move(found_);
  }

 private:
  void say(std::string refusal) { found_.push_back(std::move(refusal)); }

  void check(ProjectOptions const& options) {
    for (int const nodes : options.nodes) {
      if (nodes < 1 || nodes > most_nodes)
        say(fmt::format("{} nodes cannot be projected (1 to {} can) ask for fewer", nodes, most_nodes));
    }
    if (!(options.goal >= 0) || !std::isfinite(options.goal))
      say(fmt::format("a goal of {} samples/s (it cannot be less than none) ask for another", options.goal));
    if (options.draws < fewest_draws || options.draws > most_draws)
      say(fmt::format("{} draws (a band needs {}, and more than {} say nothing new) ask for some hundred",
                      options.draws, fewest_draws, most_draws));
  }

  void check(StepPremise const& step) {
    bool const timed = is_duration(step.forward) && is_duration(step.backward) && is_duration(step.optimiser);
    if (!timed || !(step.forward + step.backward > 0))
      say(fmt::format(
          "the step '{}' takes no time (its parts are {} s forward, {} s backward, {} s of the optimiser) "
          "measure it again",
          step.name, step.forward, step.backward, step.optimiser));
    if (!(step.samples > 0) || !std::isfinite(step.samples))
      say(fmt::format("the step '{}' has {} samples (rates are counted in them) measure it again", step.name,
                      step.samples));
    if (step.nodes < 1 || step.ranks < step.nodes)
      say(fmt::format(
          "the step '{}' ran on {} ranks of {} nodes (each node has one at least) correct its document",
          step.name, step.ranks, step.nodes));
    if (!std::ranges::all_of(step.measured,
                             [](double seconds) { return seconds > 0 && is_duration(seconds); }))
      say(fmt::format("the step '{}' was measured as {} s (a step takes time, and ends) measure it again",
                      step.name, fmt::join(step.measured, ", ")));
    check_buckets(step);
    check_spread(step);
  }

  void check_buckets(StepPremise const& step) {
    double before = 0;
    for (auto const& bucket : step.buckets) {
      bool const fits =
          bucket.ready >= before && bucket.ready <= 1 && bucket.bytes >= 0 && std::isfinite(bucket.bytes);
      if (!fits)
        return say(fmt::format(
            "the step '{}' has a bucket of {} bytes ready at {} of its backward pass (they rise from 0 "
            "to 1) correct its document",
            step.name, bucket.bytes, bucket.ready));
      before = bucket.ready;
    }
  }

  void check_spread(StepPremise const& step) {
    auto const wrong = [](double value) { return !(value > 0) || !std::isfinite(value); };
    if (std::ranges::any_of(step.gpu_spread, wrong) || std::ranges::any_of(step.step_spread, wrong))
      say(fmt::format(
          "the step '{}' has times of no length in its spread (all are positive) correct its document",
          step.name));
  }

  void check(Scenario const& scenario, Premises const& premises) {
    if (scenario.nodes < 1 || scenario.nodes > most_nodes || scenario.gpus < 1)
      say(fmt::format(
          "the scenario '{}' has {} nodes of {} GPUs (1 to {} nodes can be projected, with a GPU at least) "
          "correct [nodes]",
          scenario.name, scenario.nodes, scenario.gpus, most_nodes));
    if (scenario.nodes > 1 && (scenario.node.nics < 1 || !(scenario.node.nic_bandwidth.value > 0)))
      say(fmt::format(
          "the scenario '{}' has several nodes and nothing between them ({} NICs of {} B/s) add nics and "
          "nic_bandwidth to [node]",
          scenario.name, scenario.node.nics, scenario.node.nic_bandwidth.value));
    if (!(scenario.gpu.fp16_peak.value > 0))
      say(fmt::format(
          "the scenario '{}' says no peak of its GPUs (rates are held against it) add fp16_peak to [gpu]",
          scenario.name));
    if (scenario.storage && !(scenario.storage->bandwidth.value > 0))
      say(fmt::format("the scenario '{}' has storage that gives nothing (0 B/s) add bandwidth to [storage]",
                      scenario.name));
    for (auto const& step : premises.steps) check_sharing(scenario, step);
  }

  void check_sharing(Scenario const& scenario, StepPremise const& step) {
    if (!step.tensor || step.tensor->ranks < 1 || scenario.gpus % step.tensor->ranks == 0) return;
    say(
        fmt::format("the step '{}' shares layers among {} ranks, and nodes of the scenario '{}' have {} GPUs "
                    "(layers stay "
                    "inside a node) measure it with a number that divides {}",
                    step.name, step.tensor->ranks, scenario.name, scenario.gpus, scenario.gpus));
  }

  std::vector<std::string> found_{};
};

}  // namespace

std::vector<std::string> refusals(Premises const& premises, ClusterDescription const& cluster,
                                  ProjectOptions const& options) {
  return Refusals().all(premises, cluster, options);
}

}  // namespace muster::project
