#include "harness/project/warnings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace muster::project {
namespace {

constexpr int far = 16;  ///< times the measured GPUs, from which a warning says so

class Warnings {
 public:
  Warnings(Premises const& premises, ClusterDescription const& cluster)
      : premises_(premises), cluster_(cluster) {}

  std::vector<std::string> all(Calibration const& calibration, Reach const& reach) {
    for (auto const& origin : premises_.origins) warn_of(origin);
    warn_of_gpu();
    if (reach.nodes > 1 && !calibration.between_measured)
      say("no sum between nodes was measured (all terms between nodes are assumed, and bands are wider for "
          "it) run "
          "the suite scaling on two nodes or more");
    int const measured = std::max(1, premises_.nodes * premises_.gpus);
    if (reach.gpus > far * measured)
      say(fmt::format(
          "{} GPUs are {:.0f} times the {} that were measured (the model's own error grows with each "
          "doubling) measure on more nodes",
          reach.gpus, static_cast<double>(reach.gpus) / measured, measured));
    warn_of_steps();
    return std::move(found_);
  }

 private:
  void say(std::string warning) { found_.push_back(std::move(warning)); }

  void warn_of(Origin const& origin) {
    if (origin.stamps.empty()) return;
    say(fmt::format("{} is {} (its figures are those of no healthy run, and so are these) measure again",
                    origin.label, fmt::join(origin.stamps, ", ")));
  }

  void warn_of_gpu() {
    auto const found = gpu_finding(premises_, cluster_);
    auto const measured = premises_.gpu.empty() ? std::string("another machine") : premises_.gpu;
    if (found.unnamed)
      return say(fmt::format(
          "the results do not name their GPU (they are taken for those of {}) give results that do",
          cluster_.gpu));
    if (found.measured != nullptr)
      return say(fmt::format(
          "measured on {}, projected to {} (times follow the data sheets of both, between the ratio of "
          "peaks and that of memories; sums were not carried over) measure on the described GPU",
          measured, cluster_.gpu));
    if (found.other)
      say(
          fmt::format("measured on {}, projected to {} (no data sheet of the measured one is known, so its "
                      "times stand as "
                      "they are) measure on the described GPU",
                      measured, cluster_.gpu));
  }

  /// Names the steps that lack it, once for all.
  template <class Lacks>
  void warn_of_those(Lacks const& lacks, char const* problem) {
    std::vector<std::string_view> names;
    for (auto const& step : premises_.steps) {
      if (lacks(step)) names.push_back(step.name);
    }
    if (!names.empty()) say(fmt::format("{}: {}", problem, fmt::join(names, ", ")));
  }

  void warn_of_steps() {
    warn_of_those(
        [](StepPremise const& step) { return step.ranks < 2 || step.gpu_spread.size() < 2; },
        "how GPUs differ was not measured (a published spread stands for it) measure on all GPUs of a node");
    warn_of_those([](StepPremise const& step) { return !step.watts; },
                  "no GPU's draw was measured (so there is no energy) measure where NVML tells it");
    warn_of_those([](StepPremise const& step) { return step.buckets.empty(); },
                  "no gradients are known (so nothing is summed) measure a step of a known model");
  }

  Premises const& premises_;
  ClusterDescription const& cluster_;
  std::vector<std::string> found_{};
};

bool is_of_host(Premises const& premises) {
  return std::ranges::any_of(premises.origins, [](Origin const& origin) {
    return std::ranges::find(origin.stamps, "host backend") != origin.stamps.end();
  });
}

}  // namespace

GpuFinding gpu_finding(Premises const& premises, ClusterDescription const& cluster) {
  if (cluster.gpu.empty()) return {};
  if (premises.gpu.empty()) return {.other = is_of_host(premises), .unnamed = !is_of_host(premises)};
  if (is_of_model(cluster, premises.gpu)) return {};
  return {.other = true, .measured = datasheet_of(premises.gpu)};
}

std::vector<std::string> warnings_of(Premises const& premises, ClusterDescription const& cluster,
                                     Calibration const& calibration, Reach const& reach) {
  return Warnings(premises, cluster).all(calibration, reach);
}

}  // namespace muster::project
