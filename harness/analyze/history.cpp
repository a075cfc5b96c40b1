#include "harness/analyze/history.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "harness/analyze/compare.hpp"
#include "harness/analyze/environment_differences.hpp"
#include "harness/analyze/false_discovery.hpp"
#include "harness/analyze/margins.hpp"
#include "harness/analyze/shift.hpp"
#include "harness/analyze/sides.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

constexpr double interval_alpha = 0.05, gate_alpha = 0.05;
constexpr std::size_t most_points = 250;  ///< of one case, the latest: distances between all pairs are kept

std::string time_of(HistoryInput const& input) {
  auto const& started = input.document->run.started;
  return started.empty() ? input.time : started;
}

std::vector<HistoryInput> by_time(std::vector<HistoryInput> inputs) {
  std::ranges::sort(inputs, [](auto const& a, auto const& b) {
    return std::tuple(time_of(a), a.file) < std::tuple(time_of(b), b.file);
  });
  return inputs;
}

HistoryRun described(HistoryInput const& input) {
  auto const& run = input.document->run;
  return {input.file, run.id, time_of(input), run.started.empty(), run.version, run.commit};
}

/// Why a run's case is no point; "" where it is one.
std::string gap_reason(Document const& document, SideCase const& one) {
  if (!one.fault.empty()) return one.fault;
  if (document.run.oversubscribed) return "several ranks shared a device";
  if (!one.tainted.empty()) return one.tainted.front();
  if (!one.mixed.empty()) return one.mixed;
  if (one.launches.empty()) return "no figure";
  return median(one.launches) > 0 ? "" : "a figure that is not above 0";
}

/// Figures of these may stand in one series.
using Key = std::tuple<std::string, std::string, std::string, std::string, int>;

Key key_of(Document const& document, CaseResult const& result) {
  return {result.name, document.comparability_platform, result.metric.name, result.metric.unit, result.ranks};
}

class Series {
 public:
  explicit Series(HistoryOptions const& options) : options_(options) {}

  void add(std::size_t run, HistoryInput const& input) {
    Side const side{"", {{input.file, "", input.document, {}}}};
    auto const cases = cases_of(side);
    for (auto const& name : cases.order) {
      auto const& one = cases.by_name.at(name);
      if (!one.result || (options_.keep && !options_.keep(name))) continue;
      auto& history = at(*input.document, *one.result);
      auto const reason = gap_reason(*input.document, one);
      if (reason.empty()) {
        history.points.push_back({run, median(one.launches)});
      } else {
        // what no device could do before is not lost
        bool const never = one.status == CaseStatus::unsupported && history.points.empty();
        history.gaps.push_back({run, reason, !one.fault.empty() && !never});
      }
    }
  }

  std::vector<CaseHistory> take() { return std::move(list_); }

 private:
  CaseHistory& at(Document const& document, CaseResult const& result) {
    auto const [found, fresh] = places_.try_emplace(key_of(document, result), list_.size());
    if (fresh) {
      auto& history = list_.emplace_back();
      history.name = result.name;
      history.platform = document.comparability_platform;
      history.metric = result.metric;
      history.margin = options_.margin.value_or(usual_margin(result));
    }
    return list_[found->second];
  }

  HistoryOptions const& options_;
  std::map<Key, std::size_t> places_;
  std::vector<CaseHistory> list_;
};

std::vector<double> values_of(CaseHistory const& history) {
  std::vector<double> values;
  for (auto const& point : history.points) values.push_back(point.median);
  return values;
}

/// Smaller than any real one, where the interval holds 1: such a change is the first to go.
double size_of(ChangePoint const& change) {
  bool const perhaps_none = change.interval.low <= 1 && change.interval.high >= 1;
  return perhaps_none ? -1 : std::max(change.ratio, 1 / change.ratio) - 1;
}

/// Between its neighbours, or the ends of the series.
ChangePoint change_at(std::vector<double> const& values, std::vector<Split> const& splits, std::size_t i,
                      CaseHistory const& history) {
  std::size_t const begin = i > 0 ? splits[i - 1].at : 0, at = splits[i].at;
  std::size_t const end = i + 1 < splits.size() ? splits[i + 1].at : values.size();
  std::span const all(values);
  auto const before = all.subspan(begin, at - begin), after = all.subspan(at, end - at);
  auto const ratio = ratio_of(before, after, interval_alpha);
  ChangePoint change;
  change.point = at;
  change.run = history.points[at].run;
  change.before = median(before);
  change.after = median(after);
  change.ratio = ratio.estimate;
  change.interval = ratio.interval;
  change.statistic = splits[i].statistic;
  change.p = splits[i].p;
  change.worse = history.metric.better == Better::higher ? ratio.estimate < 1 : ratio.estimate > 1;
  return change;
}

std::vector<ChangePoint> changes_at(std::vector<double> const& values, std::vector<Split> const& splits,
                                    CaseHistory const& history) {
  std::vector<ChangePoint> changes;
  for (std::size_t i = 0; i < splits.size(); ++i) changes.push_back(change_at(values, splits, i, history));
  return changes;
}

/// The smallest change goes first: its two levels then are one, against which its neighbours are held.
std::vector<ChangePoint> large_changes(std::vector<double> const& values, std::vector<Split> splits,
                                       CaseHistory const& history) {
  for (;;) {
    auto const changes = changes_at(values, splits, history);
    auto const smallest = std::ranges::min_element(changes, {}, size_of);
    if (smallest == changes.end() || (size_of(*smallest) >= history.margin && size_of(*smallest) > 0))
      return changes;
    splits.erase(splits.begin() + (smallest - changes.begin()));
  }
}

void find_changes(CaseHistory& history, HistoryOptions const& options, ChangeRules const& rules) {
  if (history.points.size() < options.needed) return;
  if (history.points.size() > most_points)
    history.points.erase(history.points.begin(), history.points.end() - most_points);
  auto const values = values_of(history);
  std::vector<double> logarithms;
  for (double const value : values) logarithms.push_back(std::log(value));
  history.changes = large_changes(values, change_points(logarithms, rules), history);
  history.verdict = history.changes.empty() ? HistoryVerdict::steady : HistoryVerdict::changed;
}

/// A change of one among many cases must be rarer than permutations tell by default.
ChangeRules rules_for(HistoryOptions const& options, std::vector<CaseHistory> const& cases) {
  constexpr double finer = 2;
  auto rules = options.rules;
  if (options.since > 0) {
    double const needed = finer * static_cast<double>(cases.size()) / gate_alpha;
    rules.permutations = std::max(rules.permutations, static_cast<int>(std::min(needed, 100000.0)));
  }
  return rules;
}

double recent_p(CaseHistory const& history) {
  double p = 1;
  for (auto const& change : history.changes) p = change.recent ? std::min(p, change.p) : p;
  return p;
}

void mark_recent(History& history) {
  auto const recent = [&](std::size_t run) { return run + history.since >= history.runs.size(); };
  std::vector<double> p;
  for (auto& one : history.cases) {
    for (auto& change : one.changes) change.recent = recent(change.run);
    for (auto& gap : one.gaps) gap.recent = recent(gap.run);
    if (one.verdict != HistoryVerdict::too_few) p.push_back(recent_p(one));
  }
  auto const q = benjamini_hochberg(p);
  auto next = q.begin();
  for (auto& one : history.cases) {
    if (one.verdict == HistoryVerdict::too_few) continue;
    for (auto& change : one.changes) change.q = change.recent ? *next : 1;
    ++next;
  }
}

/// Where each platform's cases are, by name: under another metric or number of ranks a case is still there.
class Presence {
 public:
  explicit Presence(std::vector<HistoryInput> const& runs) : runs_(runs) {
    for (auto const& run : runs) {
      auto& names = names_.emplace_back();
      for (auto const& one : run.document->cases) names.insert(one.name);
    }
  }
  /// The run after its last that should have it; as many as there are where none should.
  std::size_t missing_in(std::string const& name, std::string const& platform) const {
    std::size_t last = runs_.size();
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      if (runs_[i].document->comparability_platform == platform && names_[i].contains(name)) last = i;
    }
    std::size_t next = last;
    while (next < runs_.size() && (next == last || !alike(last, next))) ++next;
    return next;
  }

 private:
  bool alike(std::size_t a, std::size_t b) const {
    auto const &one = *runs_[a].document, &other = *runs_[b].document;
    return one.comparability_platform == other.comparability_platform && one.run.suite == other.run.suite &&
           std::ranges::any_of(names_[a], [&](auto const& name) { return names_[b].contains(name); });
  }

  std::vector<HistoryInput> const& runs_;
  std::vector<std::set<std::string>> names_{};
};

void find_missing(History& history, std::vector<HistoryInput> const& runs) {
  if (history.since == 0) return;
  Presence const presence(runs);
  for (auto& one : history.cases) {
    auto const run = presence.missing_in(one.name, one.platform);
    if (run < runs.size() && run + history.since >= runs.size())
      one.gaps.push_back({run, "not in this run, although in those before it", true});
  }
}

Side side_of(HistoryInput const& input) { return {"", {{input.file, "", input.document, {}}}}; }

void explain(CaseHistory& history, std::vector<HistoryInput> const& runs) {
  for (auto& change : history.changes) {
    auto const before = history.points[change.point - 1].run;
    change.differences = environment_differences(side_of(runs[before]), side_of(runs[change.run]));
    std::erase_if(change.differences, [](auto const& difference) { return difference.what == "seed"; });
  }
}

}  // namespace

History history(std::vector<HistoryInput> const& inputs, HistoryOptions const& options) {
  auto const runs = by_time(inputs);
  History result;
  result.needed = options.needed;
  result.since = options.since;
  Series series(options);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    result.runs.push_back(described(runs[i]));
    series.add(i, runs[i]);
  }
  result.cases = series.take();
  auto const rules = rules_for(options, result.cases);
  for (auto& one : result.cases) {
    find_changes(one, options, rules);
    explain(one, runs);
  }
  find_missing(result, runs);
  mark_recent(result);
  return result;
}

HistoryGate history_gate(History const& history, bool either_way) {
  HistoryGate gate;
  for (auto const& one : history.cases) {
    gate.decided += one.verdict != HistoryVerdict::too_few;
    if (std::ranges::any_of(one.changes, [&](ChangePoint const& change) {
          return change.recent && change.q <= gate_alpha && (change.worse || either_way);
        }))
      gate.changed.push_back(one.name);
    if (std::ranges::any_of(one.gaps, [](HistoryGap const& gap) { return gap.recent && gap.failed; }))
      gate.failed.push_back(one.name);
  }
  return gate;
}

}  // namespace muster
