#include "harness/project/collective_model.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "harness/core/error.hpp"

namespace muster::project {
namespace {

constexpr Algorithm algorithms[] = {Algorithm::ring, Algorithm::tree, Algorithm::nvls, Algorithm::nvls_tree};
constexpr int most_tuners = 4096;

bool is_possible(CollectivePoint const& point) {
  return std::isfinite(point.bytes) && point.bytes > 0 && std::isfinite(point.seconds) && point.seconds > 0 &&
         point.nodes > 0 && point.gpus > 0;
}

/// A whole number where it is one: std::to_string's six digits would hide what was given.
std::string figure(double value) {
  auto text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

void refuse_impossible(std::span<CollectivePoint const> measured) {
  std::string faults;
  for (auto const& point : measured)
    if (!is_possible(point))
      faults += (faults.empty() ? "" : "\n") + std::string("a measured sum of ") + figure(point.bytes) +
                " B over " + std::to_string(point.nodes) + " nodes with " + std::to_string(point.gpus) +
                " GPUs took " + figure(point.seconds) +
                " s (all of them must be above 0) leave it out or measure it again";
  if (!faults.empty()) throw Error(ExitCode::usage, faults);
}

/// By the algorithm that it names where there is such a one, else as NCCL would have chosen.
Estimate estimate_of(CollectivePoint const& point, Tuner const& tuner) {
  for (auto const algorithm : algorithms)
    if (point.algorithm == word(algorithm))
      if (auto const named = tuner.all_reduce_by(point.bytes, algorithm)) return *named;
  return tuner.all_reduce(point.bytes);
}

/// Ratios of one place, by algorithm.
using Ratios = std::vector<std::vector<Ratio>>;

void add(Ratios& ratios, CollectivePoint const& point, Estimate const& estimate) {
  ratios[static_cast<std::size_t>(estimate.algorithm)].push_back(
      {point.bytes, point.nodes, point.seconds / estimate.seconds});
}

std::vector<Ratio> joined(Ratios const& ratios) {
  std::vector<Ratio> all;
  for (auto const& some : ratios) all.insert(all.end(), some.begin(), some.end());
  return all;
}

/// Root of the mean square over algorithms that have one; each of them has its own lines.
template <typename Of>
std::optional<double> over_algorithms(std::span<RatioCurves const> curves, Of of) {
  double sum = 0, count = 0;
  for (auto const& one : curves)
    if (auto const value = of(one)) sum += *value * *value, ++count;
  return count > 0 ? std::optional(std::sqrt(sum / count)) : std::nullopt;
}

double at_least(std::optional<double> found, double floor, double assumed) {
  return found ? std::max(*found, floor) : assumed;
}

}  // namespace

RatioCurves const& CollectiveModel::Curves::of(Algorithm algorithm) const {
  return has(algorithm) ? by_algorithm[static_cast<std::size_t>(algorithm)] : all;
}

bool CollectiveModel::Curves::has(Algorithm algorithm) const {
  return !by_algorithm[static_cast<std::size_t>(algorithm)].empty();
}

std::optional<double> CollectiveModel::Curves::spread() const {
  return over_algorithms(by_algorithm, [](RatioCurves const& one) { return one.spread(); });
}

std::optional<double> CollectiveModel::Curves::growth() const {
  return over_algorithms(by_algorithm, [](RatioCurves const& one) { return one.growth(); });
}

CollectiveModel::CollectiveModel(Scenario scenario, std::span<CollectivePoint const> measured)
    : CollectiveModel(scenario, measured, scenario) {}

CollectiveModel::CollectiveModel(Scenario scenario, std::span<CollectivePoint const> measured,
                                 Scenario const& measured_on)
    : scenario_(std::move(scenario)) {
  refuse_impossible(measured);
  calibrate(measured, measured_on);
  sum_up();
  keep_tuners();
}

void CollectiveModel::calibrate(std::span<CollectivePoint const> measured, Scenario const& measured_on) {
  Ratios inside(std::size(algorithms)), between(std::size(algorithms));
  auto on = measured_on;
  for (auto const& point : measured) {
    if (point.nodes == 1 && point.gpus == 1) continue;  // nothing was summed
    on.gpus = std::max(measured_on.gpus, point.gpus);
    Tuner const tuner(topology_of(on, point.nodes, point.gpus));
    add(point.nodes == 1 ? inside : between, point, estimate_of(point, tuner));
  }
  auto const curves = [](Ratios const& ratios) {
    return Curves{{ratios.begin(), ratios.end()}, RatioCurves(joined(ratios))};
  };
  inside_ = curves(inside), between_ = curves(between);
}

void CollectiveModel::sum_up() {
  auto& found = calibration_;
  found.inside_measured = !inside_.all.empty(), found.between_measured = !between_.all.empty();
  found.measured_nodes = std::max(1, between_.all.most_nodes());
  found.inside = std::exp(inside_.all.median_log()), found.between = std::exp(between_.all.median_log());
  found.inside_spread = at_least(inside_.spread(), inside_spread_floor, inside_spread_assumed);
  found.between_spread = at_least(between_.spread(), between_spread_floor, between_spread_assumed);
  found.growth = at_least(between_.growth(), growth_floor, growth_assumed);
}

void CollectiveModel::keep_tuners() {
  bool const has_network = scenario_.node.nics > 0 && scenario_.node.nic_bandwidth.value > 0;
  int const most = has_network ? std::clamp(scenario_.nodes, 1, most_tuners) : 1;
  for (int nodes = 1; nodes <= most; ++nodes)
    tuners_.emplace_back(topology_of(scenario_, nodes, scenario_.gpus));
}

Estimate CollectiveModel::estimate(double bytes, int nodes, int gpus) const {
  if (gpus == scenario_.gpus && nodes > 0 && nodes <= static_cast<int>(tuners_.size()))
    return tuners_[static_cast<std::size_t>(nodes - 1)].all_reduce(bytes);
  return project::all_reduce(topology_of(scenario_, nodes, gpus), bytes);
}

double CollectiveModel::calibrated(Estimate const& estimated, double bytes, int nodes, int gpus) const {
  if (nodes == 1) return estimated.seconds * std::exp(inside_.of(estimated.algorithm).log_at(bytes, 1));
  if (calibration_.between_measured)
    return estimated.seconds * std::exp(between_.of(estimated.algorithm).log_at(bytes, nodes));
  if (!calibration_.inside_measured || gpus < 2) return estimated.seconds;
  auto const alone = estimate(bytes, 1, gpus);
  return estimated.seconds + std::max(0.0, calibrated(alone, bytes, 1, gpus) - alone.seconds);
}

Estimate CollectiveModel::choice(double bytes, int nodes, int gpus) const {
  auto chosen = estimate(bytes, nodes, gpus);
  chosen.seconds = calibrated(chosen, bytes, nodes, gpus);
  return chosen;
}

double CollectiveModel::spread(int nodes, Algorithm algorithm) const {
  auto const& curves = nodes == 1 ? inside_ : between_;
  double const other = curves.all.empty() || curves.has(algorithm) ? 0 : other_algorithm_spread;
  if (nodes == 1) return std::hypot(calibration_.inside_spread, other);
  double const doublings = std::max(0.0, std::log2(static_cast<double>(nodes) / calibration_.measured_nodes));
  double const beyond = std::min(most_growth, calibration_.growth * doublings);
  return std::sqrt(calibration_.between_spread * calibration_.between_spread + beyond * beyond +
                   other * other);
}

double CollectiveModel::all_reduce(double bytes, int nodes, int gpus, double pull) const {
  auto const chosen = choice(bytes, nodes, gpus);
  return pull == 0 ? chosen.seconds : chosen.seconds * std::exp(pull * spread(nodes, chosen.algorithm));
}

}  // namespace muster::project
