#include "harness/record/tidy.hpp"

#include <algorithm>
#include <cmath>

namespace muster {
namespace {

constexpr double shortest =
    1e-12;  // seconds; no clock of ours resolves a picosecond, and 1/x of denormals is infinite

bool usable(std::vector<double> const& seconds) {
  return std::ranges::all_of(seconds, [](double s) { return std::isfinite(s) && s >= shortest; });
}

void tidy(std::optional<double>& reading) {
  if (reading && !std::isfinite(*reading)) reading.reset();
}

void tidy(DeviceState& state) {
  tidy(state.clock_hz);
  tidy(state.memory_clock_hz);
  tidy(state.power_watts);
  tidy(state.temperature_c);
  tidy(state.memory_temperature_c);
  tidy(state.energy_joules);
  std::erase_if(state.throttled_seconds, [](auto const& entry) { return !std::isfinite(entry.second); });
}

void tidy(Verdict& verdict) {
  if (!std::isfinite(verdict.tolerance))
    verdict = Verdict::judge(verdict.method, NAN, 0, "its tolerance is no number");
  if (!std::isfinite(verdict.error))
    verdict = Verdict::judge(verdict.method, NAN, verdict.tolerance, verdict.detail);
}

void drop_odd_figures(RankRecord& rank) {
  std::erase_if(rank.figures, [&](Figure const& figure) {
    if (std::isfinite(figure.value)) return false;
    rank.warnings.push_back("figure '" + figure.name + "' was not a finite number and is left out");
    return true;
  });
}

void drop_odd_bound(RankRecord& rank) {
  if (!rank.bound || (std::isfinite(rank.bound->value) && rank.bound->value > 0)) return;
  rank.warnings.push_back("bound '" + rank.bound->name +
                          "' was not a positive finite number and is left out");
  rank.bound.reset();
}

void drop_odd_matrices(RankRecord& rank) {
  std::erase_if(rank.matrices, [&](Matrix const& matrix) {
    if (matrix.values.size() == matrix.rows.size() * matrix.columns.size()) return false;
    rank.warnings.push_back("matrix '" + matrix.name + "' has not one value for each pair and is left out");
    return true;
  });
}

void tidy(Conditions& conditions) {
  if (!std::isfinite(conditions.window_seconds)) conditions.window_seconds = 0;
  if (!std::isfinite(conditions.soak.seconds)) conditions.soak = {};
  std::erase_if(conditions.readings, [](Reading const& reading) { return !std::isfinite(reading.seconds); });
  for (auto& reading : conditions.readings) tidy(reading.state);
}

void check_samples(RankRecord& rank) {
  if (usable(rank.sample_seconds) && usable(rank.group_seconds) && rank.ops_per_sample > 0) return;
  rank.sample_seconds.clear();
  rank.group_seconds.clear();
  rank.ops_per_sample = 1;
  if (rank.status != CaseStatus::ok) return;
  rank.status = CaseStatus::internal;
  rank.phase = "sample";
  rank.message =
      "a sample's time is not a positive finite number (a defect of the stopwatch) please report it";
}

}  // namespace

CaseRecord tidied(CaseRecord record) {
  for (RankRecord& rank : record.ranks) {
    check_samples(rank);
    drop_odd_figures(rank);
    drop_odd_matrices(rank);
    drop_odd_bound(rank);
    tidy(rank.verification);
    tidy(rank.before);
    tidy(rank.after);
    tidy(rank.conditions);
    if (!usable(rank.alone_seconds)) rank.alone_seconds.clear();
    if (rank.conditions.sample_ends.size() != rank.sample_seconds.size()) rank.conditions.sample_ends.clear();
  }
  return record;
}

}  // namespace muster
