#include "kernels/collective/link_meter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/collective/collective_instance.hpp"

namespace muster {

namespace {

constexpr double least_seconds = 20e-3;  // of what is timed together
constexpr int most_repetitions = 64, batches = 3;

}  // namespace

Meeting meeting_in(Round const& round, LinkPlaces const& places) {
  if (places.rail < 0) return {};
  for (std::size_t i = 0; i < round.size(); ++i) {
    auto const [a, b] = round[i];
    if (places.node != a && places.node != b) continue;
    auto const other = static_cast<std::size_t>(places.node == a ? b : a);
    return {places.ranks.at(other).at(static_cast<std::size_t>(places.rail)), static_cast<int>(i)};
  }
  return {};
}

LinkMeter::LinkMeter(LinkPlaces const& places, CollectiveProblem const& problem, LinkSide& side,
                     Context& context)
    : places_(places),
      problem_(problem),
      side_(side),
      world_(context.group),
      stopwatch_(context.device.stopwatch()) {}

std::vector<RailRates> LinkMeter::measure(Round const& round) {
  meet(round);
  on_all_ranks(world_, [this] { time(1); });  // the first exchange of a pair connects it
  if (repetitions_ == 0) choose_repetitions(round);
  double const own = own_seconds();
  on_all_ranks(world_, [this] { check(); });
  auto const seconds = seconds_of_all(round, own);
  std::vector<RailRates> rates;
  auto const bytes = static_cast<double>(problem_.size());
  for (auto next = seconds.begin(); next != seconds.end(); next += places_.rails) {
    auto& pair = rates.emplace_back();
    for (int rail = 0; rail < places_.rails; ++rail) pair.push_back(bytes / next[rail]);
  }
  return rates;
}

void LinkMeter::meet(Round const& round) {
  auto const meeting = meeting_in(round, places_);
  pair_ = meeting.pair;
  problem_.with = meeting.partner;
  took_part_ = took_part_ || pair_ >= 0;
  on_all_ranks(world_, [&] { side_.meet(meeting.partner); });
}

/// Seconds of one of `exchanges`; 0 where this rank rests.
double LinkMeter::time(int exchanges) {
  if (pair_ < 0) return 0;
  stopwatch_->start();
  for (int i = 0; i < exchanges; ++i) side_.start();
  stopwatch_->stop();
  return stopwatch_->seconds() / exchanges;
}

/// By the median pair, so that one that hardly moves does not decide for all. Twice: early exchanges are
/// slow, and a single one says little.
void LinkMeter::choose_repetitions(Round const& round) {
  repetitions_ = 1;
  for (int pilot = 0; pilot < 2; ++pilot) {
    double own = 0;
    world_.barrier();
    on_all_ranks(world_, [&] { own = time(repetitions_); });
    double const usual = median_rate(seconds_of_all(round, own));
    repetitions_ =
        static_cast<int>(std::clamp(std::ceil(least_seconds / usual), 1.0, double{most_repetitions}));
  }
}

double LinkMeter::own_seconds() {
  std::array<double, batches> seconds{};
  for (double& each : seconds) {
    world_.barrier();
    on_all_ranks(world_, [&] { each = time(repetitions_); });
  }
  std::ranges::sort(seconds);
  return seconds[batches / 2];
}

void LinkMeter::check() {
  if (pair_ < 0) return;
  auto const verdict = judge_result(problem_, segments_of(problem_), side_.check());
  if (!verdict.ok() && wrong_.empty()) wrong_ = verdict.detail;
}

std::vector<double> LinkMeter::seconds_of_all(Round const& round, double own) {
  auto const rails = static_cast<std::size_t>(places_.rails);
  std::vector<double> seconds(round.size() * rails, 1e-12);  // no clock of ours resolves less
  if (pair_ >= 0) {
    auto const index = static_cast<std::size_t>(pair_) * rails + static_cast<std::size_t>(places_.rail);
    seconds[index] = std::max(seconds[index], own);
  }
  world_.max(seconds);
  return seconds;
}

}  // namespace muster
