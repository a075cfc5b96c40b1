#include "kernels/train_step/step_ranks.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "kernels/contract/error.hpp"
#include "kernels/contract/race.hpp"

namespace muster::train {
namespace {

constexpr double least_share = 0.02, mostly = 0.5, far_ahead = 2;
constexpr std::size_t numbers_at_once = std::size_t{1} << 20;
constexpr double nothing = -std::numeric_limits<double>::infinity();
constexpr std::array columns{&RankMeans::step,   &RankMeans::compute, &RankMeans::input, &RankMeans::waiting,
                             &RankMeans::waited, &RankMeans::tensor,  &RankMeans::last};

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
                .waiting = mean.communication + mean.tensor,
                .tensor = mean.tensor};
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

/// The last of the ranks, whose waits in one step these are, has made the others wait.
void credit(std::span<double const> waits, std::vector<RankMeans>& all) {
  auto const last = std::ranges::min_element(waits);
  std::vector<double> others;
  for (auto wait = waits.begin(); wait != waits.end(); ++wait) {
    if (wait != last) others.push_back(*wait - *last);
  }
  all[static_cast<std::size_t>(last - waits.begin())].held += muster::median_of(std::move(others));
}

void find_held(StepRecord const& record, Group& group, std::vector<RankMeans>& all) {
  auto const ranks = all.size(), own = static_cast<std::size_t>(group.rank());
  auto const steps = record.steps();
  auto const rows = std::max<std::size_t>(1, numbers_at_once / ranks);
  for (std::size_t first = 0; ranks > 1 && first < steps.size(); first += rows) {
    auto const part = steps.subspan(first, std::min(rows, steps.size() - first));
    std::vector<double> waits(part.size() * ranks, nothing);
    for (std::size_t i = 0; i < part.size(); ++i) waits[i * ranks + own] = part[i].waiting;
    group.max(waits);
    for (std::size_t i = 0; i < part.size(); ++i) credit(std::span(waits).subspan(i * ranks, ranks), all);
  }
  for (auto& rank : all) rank.held /= static_cast<double>(std::max<std::size_t>(1, steps.size()));
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

std::vector<double> least_of_team(std::span<double const> own, int team, int teams, Group& group) {
  std::vector<double> all(own.size() * static_cast<std::size_t>(teams), nothing);
  auto const begin = all.begin() + static_cast<std::ptrdiff_t>(own.size()) * team;
  std::ranges::transform(own, begin, [](double seconds) { return -seconds; });
  group.max(all);
  std::vector<double> least(own.size());
  std::transform(begin, begin + static_cast<std::ptrdiff_t>(own.size()), least.begin(),
                 [](double seconds) { return -seconds; });
  return least;
}

RankComparison compare_ranks(StepRecord const& record, int team, int teams, Group& group) {
  require_same_steps(record, group);
  RankComparison comparison;
  comparison.steps = slowest_steps(record, group);
  comparison.longest = group.max(record.longest());
  comparison.ranks = means_of_all(own_means(record, group), group);
  find_held(record, group, comparison.ranks);
  comparison.transfers = least_of_team(record.reduces(), team, teams, group);
  return comparison;
}

Holdup find_holdup(std::span<RankMeans const> ranks) {
  if (ranks.size() < 2) return {};
  auto const worst = std::ranges::max_element(ranks, {}, &RankMeans::held);
  auto const rank = static_cast<std::size_t>(worst - ranks.begin());
  double all = 0, next = 0;
  for (auto const& one : ranks) all += one.held;
  for (std::size_t i = 0; i < ranks.size(); ++i) next = std::max(next, i == rank ? 0 : ranks[i].held);
  double const held = worst->held, share = worst->step > 0 ? held / worst->step : 0;
  if (share < least_share || held <= mostly * all || held <= far_ahead * next) return {};
  return {static_cast<int>(rank), share, cause_of(ranks, rank, held)};
}

}  // namespace muster::train
