#include "kernels/train_step/step_ranks.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "kernels/contract/error.hpp"
#include "kernels/contract/race.hpp"

namespace muster::train {
namespace {

constexpr double least_share = 0.02, mostly = 0.5;
constexpr double nothing = -std::numeric_limits<double>::infinity();
constexpr std::array columns{&RankMeans::step,    &RankMeans::compute, &RankMeans::input,
                             &RankMeans::waiting, &RankMeans::waited,  &RankMeans::last};

void require_same_steps(StepRecord const& record, Group& group) {
  auto const count = static_cast<double>(record.count());
  std::array<double, 2> both{count, -count};
  group.max(both);
  if (both[0] == -both[1]) return;
  throw DeviceError(
      "the ranks do not know the times of equally many steps (a machine has lost marks) report this");
}

template <class Number>
std::vector<double> of_steps(StepRecord const& record, Number&& number) {
  std::vector<double> values;
  values.reserve(record.steps().size());
  for (auto const& step : record.steps()) values.push_back(number(step));
  return values;
}

/// The highest over ranks, step by step.
template <class Number>
std::vector<double> highest(StepRecord const& record, Group& group, Number&& number) {
  auto values = of_steps(record, number);
  group.max(values);
  return values;
}

std::vector<SlowestStep> slowest_steps(StepRecord const& record, Group& group) {
  auto const begin = highest(record, group, [](KeptStep const& s) { return s.begin; });
  auto const step = highest(record, group, [](KeptStep const& s) { return s.step; });
  auto const longest = highest(record, group, [](KeptStep const& s) { return s.longest; });
  std::vector<SlowestStep> steps;
  steps.reserve(begin.size());
  for (std::size_t i = 0; i < begin.size(); ++i) steps.push_back({begin[i], step[i], longest[i]});
  return steps;
}

RankMeans own_means(StepRecord const& record, Group& group) {
  auto const mean = record.mean();
  RankMeans own{.step = mean.step,
                .compute = mean.forward + mean.backward + mean.optimiser,
                .input = mean.input,
                .waiting = mean.communication + mean.tensor};
  auto const least = highest(record, group, [](KeptStep const& s) { return -s.waiting; });
  if (least.empty()) return own;
  for (std::size_t i = 0; i < least.size(); ++i) {
    double const beyond = record.steps()[i].waiting + least[i];
    own.waited += beyond;
    own.last += beyond <= 0 ? 1 : 0;
  }
  own.waited /= static_cast<double>(least.size());
  own.last /= static_cast<double>(least.size());
  return own;
}

std::vector<RankMeans> means_of_all(RankMeans const& own, Group& group) {
  std::vector<RankMeans> all(static_cast<std::size_t>(group.size()));
  std::vector<double> table(all.size() * columns.size(), nothing);
  auto const at = static_cast<std::size_t>(group.rank()) * columns.size();
  for (std::size_t i = 0; i < columns.size(); ++i) table[at + i] = own.*columns[i];
  group.max(table);
  for (std::size_t i = 0; i < table.size(); ++i)
    all[i / columns.size()].*columns[i % columns.size()] = table[i];
  return all;
}

/// The least over the ranks of this rank's team.
std::vector<double> least_reduces(StepRecord const& record, int team, int teams, Group& group) {
  auto const own = record.reduces();
  std::vector<double> all(own.size() * static_cast<std::size_t>(teams), nothing);
  auto const begin = all.begin() + static_cast<std::ptrdiff_t>(own.size()) * team;
  std::ranges::transform(own, begin, [](double seconds) { return -seconds; });
  group.max(all);
  std::vector<double> least(own.size());
  std::transform(begin, begin + static_cast<std::ptrdiff_t>(own.size()), least.begin(),
                 [](double seconds) { return -seconds; });
  return least;
}

/// Median over the ranks other than `rank`.
double of_others(std::span<RankMeans const> ranks, std::size_t rank, double RankMeans::*what) {
  std::vector<double> values;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (i != rank) values.push_back(ranks[i].*what);
  }
  return muster::median_of(std::move(values));
}

std::string cause_of(std::span<RankMeans const> ranks, std::size_t rank, double waited) {
  for (auto const& [what, name] :
       {std::pair{&RankMeans::input, "input"}, std::pair{&RankMeans::compute, "compute"}}) {
    if (ranks[rank].*what - of_others(ranks, rank, what) >= waited / 2) return name;
  }
  return "";
}

}  // namespace

RankComparison compare_ranks(StepRecord const& record, int team, int teams, Group& group) {
  require_same_steps(record, group);
  RankComparison comparison;
  comparison.steps = slowest_steps(record, group);
  comparison.longest = group.max(record.longest());
  comparison.ranks = means_of_all(own_means(record, group), group);
  comparison.transfers = least_reduces(record, team, teams, group);
  return comparison;
}

Holdup find_holdup(std::span<RankMeans const> ranks) {
  if (ranks.size() < 2) return {};
  auto const last = std::ranges::max_element(ranks, {}, &RankMeans::last);
  auto const rank = static_cast<std::size_t>(last - ranks.begin());
  double const waited = of_others(ranks, rank, &RankMeans::waited);
  double const share = last->step > 0 ? waited / last->step : 0;
  if (last->last <= mostly || share < least_share) return {};
  return {static_cast<int>(rank), share, cause_of(ranks, rank, waited)};
}

}  // namespace muster::train
