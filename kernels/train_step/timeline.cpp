#include "kernels/train_step/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/contract/race.hpp"

namespace muster::train {
namespace {

constexpr std::size_t most_slices = 20, fewest_slices_of_drift = 8, steps_of_slice = 4;
constexpr double least_drift = 0.02;
constexpr double normal_deviation = 2.576;  // two-sided 0.01
constexpr std::size_t fewest_stalls = 6;
constexpr double stall_share = 0.2, stall_scatter = 6 * 1.4826;
constexpr double distance_tolerance = 0.15, periodic_share = 0.8;

double end_of(std::span<SlowestStep const> steps) {
  return steps.empty() ? 0 : steps.back().begin + steps.back().step;
}

Slice slice_of(std::span<SlowestStep const> steps, double begin) {
  std::vector<double> times;
  double longest = 0;
  for (auto const& step : steps) {
    times.push_back(step.step);
    longest = std::max(longest, step.longest);
  }
  return {begin, muster::median_of(std::move(times)), longest, steps.size()};
}

double median_of_slices(std::span<Slice const> slices) {
  std::vector<double> medians;
  for (auto const& slice : slices) medians.push_back(slice.median);
  return muster::median_of(std::move(medians));
}

/// Kendall's S over its standard deviation without ties.
double kendall(std::span<Slice const> slices) {
  double s = 0;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    for (std::size_t j = i + 1; j < slices.size(); ++j)
      s += (slices[j].median > slices[i].median) - (slices[j].median < slices[i].median);
  }
  auto const n = static_cast<double>(slices.size());
  return s / std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

/// A stall and what it takes longer than the usual step.
struct Stall {
  double begin, cost;
};

std::vector<Stall> stalls_of(std::span<SlowestStep const> steps) {
  std::vector<double> times, distances;
  for (auto const& step : steps) times.push_back(step.step);
  double const usual = muster::median_of(times);
  for (double const time : times) distances.push_back(std::abs(time - usual));
  double const limit =
      usual + std::max(stall_share * usual, stall_scatter * muster::median_of(std::move(distances)));
  std::vector<Stall> stalls;
  bool goes_on = false;
  for (auto const& step : steps) {
    bool const stalled = step.longest > limit;
    if (stalled && goes_on) stalls.back().cost += step.longest - usual;
    if (stalled && !goes_on) stalls.push_back({step.begin, step.longest - usual});
    goes_on = stalled;
  }
  return stalls;
}

double period_of(std::span<Stall const> stalls) {
  if (stalls.size() < fewest_stalls) return 0;
  std::vector<double> distances;
  for (std::size_t i = 1; i < stalls.size(); ++i) distances.push_back(stalls[i].begin - stalls[i - 1].begin);
  double const period = muster::median_of(distances);
  auto const fits = [&](double distance) {
    double const times = std::max(1.0, std::round(distance / period));
    return std::abs(distance / times - period) <= distance_tolerance * period;
  };
  auto const fitting = static_cast<double>(std::ranges::count_if(distances, fits));
  return period > 0 && fitting >= periodic_share * static_cast<double>(distances.size()) ? period : 0;
}

}  // namespace

std::vector<Slice> slices_of(std::span<SlowestStep const> steps) {
  std::vector<Slice> slices;
  auto const count = std::clamp<std::size_t>(steps.size() / steps_of_slice, 1, most_slices);
  double const length = end_of(steps) / static_cast<double>(count);
  auto at = steps.begin();
  for (std::size_t i = 0; i < count && at != steps.end(); ++i) {
    double const end = i + 1 < count ? length * static_cast<double>(i + 1) : INFINITY;
    auto const next = std::find_if(at, steps.end(), [&](auto const& step) { return step.begin >= end; });
    if (next != at) slices.push_back(slice_of({at, next}, length * static_cast<double>(i)));
    at = next;
  }
  return slices;
}

std::optional<Drift> find_drift(std::span<Slice const> slices) {
  if (slices.size() < fewest_slices_of_drift) return std::nullopt;
  auto const quarter = slices.size() / 4;
  Drift const drift{median_of_slices(slices.first(quarter)), median_of_slices(slices.last(quarter))};
  bool const certain = std::abs(kendall(slices)) >= normal_deviation;
  return certain && std::abs(drift.change()) >= least_drift ? std::optional(drift) : std::nullopt;
}

std::optional<Stalls> find_stalls(std::span<SlowestStep const> steps) {
  if (steps.empty()) return std::nullopt;
  auto const found = stalls_of(steps);
  if (found.empty()) return std::nullopt;
  std::vector<double> costs;
  double sum = 0;
  for (auto const& stall : found) {
    costs.push_back(stall.cost);
    sum += stall.cost;
  }
  return Stalls{found.size(), period_of(found), muster::median_of(std::move(costs)), sum / end_of(steps)};
}

Matrix timeline_matrix(std::span<Slice const> slices, double seconds) {
  Matrix matrix{
      .name = "timeline", .unit = "s", .rows = {}, .columns = {"begin", "median", "longest"}, .values = {}};
  for (auto const& slice : slices) {
    matrix.rows.push_back(fmt::format("{:.0f} %", seconds > 0 ? 100 * slice.begin / seconds : 0));
    matrix.values.insert(matrix.values.end(), {slice.begin, slice.median, slice.longest});
  }
  return matrix;
}

std::string words(std::optional<Drift> const& drift, double seconds) {
  if (!drift) return "";
  return fmt::format(
      "steps take {:.3g} ms in the first quarter of {:.3g} s and {:.3g} ms in the last one: {:.0f} % {}",
      1e3 * drift->from, seconds, 1e3 * drift->to, 100 * std::abs(drift->change()),
      drift->change() > 0 ? "longer" : "shorter");
}

std::string words(std::optional<Stalls> const& stalls) {
  if (!stalls) return "";
  auto const cost = fmt::format("a step takes {:.3g} ms longer", 1e3 * stalls->each);
  auto const total = fmt::format("{} times: {:.2g} % of the time", stalls->count, 100 * stalls->share);
  if (stalls->period > 0) return fmt::format("every {:.3g} s {} ({})", stalls->period, cost, total);
  return fmt::format("now and then {} ({}, at no fixed distance)", cost, total);
}

}  // namespace muster::train
