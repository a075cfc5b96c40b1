#include "harness/analyze/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "harness/analyze/common_nodes.hpp"
#include "harness/analyze/conditions.hpp"
#include "harness/analyze/environment_differences.hpp"
#include "harness/analyze/false_discovery.hpp"
#include "harness/analyze/launches_needed.hpp"
#include "harness/analyze/mann_whitney.hpp"
#include "harness/analyze/margins.hpp"
#include "harness/analyze/shift.hpp"
#include "harness/analyze/sides.hpp"
#include "harness/analyze/verdict.hpp"
#include "harness/core/error.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

constexpr double confirming_power = 0.95;
constexpr int fewest_fresh = 5, most_fresh = 50;

/// Of the median: from order statistics, or where there are too few the range.
Interval interval_of(std::vector<double> const& launches) {
  auto const [low, high] = std::ranges::minmax(launches);
  OrderStatistics const ordered(launches);
  auto const half = ordered.median_half_width();
  if (!half) return {low, high};
  double const middle = ordered.quantile(0.5);
  return {middle * (1 - *half), middle * (1 + *half)};
}

SideFigures figures_of(SideCase const* side) {
  if (!side) return {};
  SideFigures figures{side->status, side->launches};
  if (figures.launches.empty()) return figures;
  figures.median = median(figures.launches);
  figures.interval = interval_of(figures.launches);
  return figures;
}

double margin_of(CaseResult const& result, CompareOptions const& options) {
  double margin = usual_margin(result);
  for (auto const& [fits, given] : options.margins) {
    if (fits(result.name)) margin = given;
  }
  return margin;
}

bool is_worse(Better better, double ratio) { return better == Better::lower ? ratio > 1 : ratio < 1; }

void add_ratio(CaseComparison& one, double alpha) {
  auto const shift = ratio_of(one.base.launches, one.candidate.launches, alpha);
  one.ratio = shift.estimate;
  one.ratio_interval = shift.interval;
  one.confidence = shift.confidence;
  auto const test = mann_whitney(one.base.launches, one.candidate.launches);
  one.p = test.p;
  one.exact = test.exact && shift.exact;
  one.worse = is_worse(one.metric.better, shift.estimate);
}

std::string unsupported_words(SideCase const& side) {
  return side.status == CaseStatus::unsupported ? "unsupported" : side.fault;
}

void say_failed(CaseComparison& one, SideCase const& base, SideCase const& candidate) {
  bool const neither = base.status == CaseStatus::unsupported && candidate.status == CaseStatus::unsupported;
  one.verdict = neither ? CaseVerdict::unsupported : CaseVerdict::failed;
  one.worse = !candidate.fault.empty() && !neither;
  if (!base.fault.empty()) one.reason = "base: " + unsupported_words(base);
  if (!candidate.fault.empty())
    one.reason += (one.reason.empty() ? "" : "; ") + ("candidate: " + unsupported_words(candidate));
}

void say_tainted(CaseComparison& one, SideCase const& base, SideCase const& candidate) {
  one.verdict = CaseVerdict::tainted;
  auto const& [side, name] =
      base.tainted.empty() ? std::pair(&candidate, "candidate") : std::pair(&base, "base");
  auto const others = base.tainted.size() + candidate.tainted.size() - 1;
  one.reason = fmt::format("{}: {}{}", name, side->tainted.front(),
                           others > 0 ? fmt::format(" and {} more", others) : "");
}

/// Figures that are to be the same, not similar: statistics have nothing to say.
void decide_exact(CaseComparison& one) {
  auto const first = one.base.launches.front();
  auto const same = [&](double x) { return x == first; };
  bool const equal =
      std::ranges::all_of(one.base.launches, same) && std::ranges::all_of(one.candidate.launches, same);
  one.verdict = equal ? CaseVerdict::equivalent : CaseVerdict::regressed;
  one.worse = !equal;
  one.reason = equal ? "figures that must be the same are" : "figures that must be the same differ";
}

/// Makes the cases of one comparison, one after the other; what needs the whole family is left open.
class CaseMaker {
 public:
  CaseMaker(Side const& base, Side const& candidate, CompareOptions const& options)
      : options_(options), nodes_(base, candidate), blocked_(false) {}
  void block() { blocked_ = true; }

  CaseComparison make(std::string const& name, SideCase const* base, SideCase const* candidate) {
    CaseComparison one;
    auto const& result = *(base ? base : candidate)->result;
    one.name = name;
    one.workload = result.workload;
    one.metric = result.metric;
    one.margin = margin_of(result, options_);
    one.base = figures_of(base);
    one.candidate = figures_of(candidate);
    if (base && candidate) {
      judge(one, *base, *candidate);
    } else {
      one.verdict = base ? CaseVerdict::missing : CaseVerdict::added;
      one.worse = base != nullptr;
      one.reason = base ? "only the base has it" : "only the candidate has it";
    }
    return one;
  }

 private:
  void judge(CaseComparison& one, SideCase const& base, SideCase const& candidate) {
    if (!base.fault.empty() || !candidate.fault.empty()) return say_failed(one, base, candidate);
    one.reason = why_incomparable(base, candidate);
    if (!one.reason.empty()) return void(one.verdict = CaseVerdict::incomparable);
    if (one.metric.better == Better::exact) return decide_exact(one);
    choose_nodes(one, base, candidate);
    add_ratio(one, options_.alpha);
    if (!base.tainted.empty() || !candidate.tainted.empty()) return say_tainted(one, base, candidate);
    one.gated = true;
    one.reason = condition_words(base, candidate);
  }

  std::string why_incomparable(SideCase const& base, SideCase const& candidate) const {
    if (!same_metric(base.result->metric, candidate.result->metric))
      return mismatch(*base.result, *candidate.result);  // no force makes a ratio of bytes and seconds
    if (options_.force_incomparable) return {};
    if (!base.mixed.empty()) return "the base's runs differ in " + base.mixed;
    if (!candidate.mixed.empty()) return "the candidate's runs differ in " + candidate.mixed;
    if (blocked_) return "the two sides are not comparable (see what differs)";
    return mismatch(*base.result, *candidate.result);
  }

  void choose_nodes(CaseComparison& one, SideCase const& base, SideCase const& candidate) {
    if (!nodes_.wanted(base, candidate)) return;
    auto paired = nodes_.launches(base, candidate);
    if (paired.nodes == 0) return;
    one.base.launches = std::move(paired.base);
    one.candidate.launches = std::move(paired.candidate);
    one.paired = fmt::format("over the {} nodes that both sides have", paired.nodes);
    for (auto* figures : {&one.base, &one.candidate}) {
      figures->median = median(figures->launches);
      figures->interval = interval_of(figures->launches);
    }
  }

  CompareOptions const& options_;
  CommonNodes nodes_;
  bool blocked_;
};

ComparedSide described(Side const& side) {
  ComparedSide result{side.label, {}, {}, {}, static_cast<int>(node_names(side).size())};
  for (auto const& run : side.runs) {
    result.files.push_back(run.file);
    result.sha256.push_back(run.sha256);
    result.runs.push_back(run.document->run.id);
  }
  return result;
}

void add_cases(Comparison& result, Side const& base, Side const& candidate, CompareOptions const& options) {
  auto const first = cases_of(base), second = cases_of(candidate);
  CaseMaker maker(base, candidate, options);
  if (result.comparability == Comparability::incomparable && !result.forced) maker.block();
  auto const add = [&](std::string const& name) {
    if (options.keep && !options.keep(name)) return;
    auto const a = first.by_name.find(name), b = second.by_name.find(name);
    result.cases.push_back(maker.make(name, a == first.by_name.end() ? nullptr : &a->second,
                                      b == second.by_name.end() ? nullptr : &b->second));
  };
  for (auto const& name : first.order) add(name);
  for (auto const& name : second.order) {
    if (!first.by_name.contains(name)) add(name);
  }
}

/// Cases of too few launches can show nothing and would only be in the others' way.
std::vector<CaseComparison*> family_of(Comparison& result) {
  std::vector<CaseComparison*> family;
  for (auto& one : result.cases) {
    auto const launches = std::min(one.base.launches.size(), one.candidate.launches.size());
    if (one.gated && launches >= fewest_launches) family.push_back(&one);
  }
  return family;
}

void correct(Comparison& result) {
  auto const family = family_of(result);
  std::vector<double> p;
  for (auto const* one : family) p.push_back(*one->p);
  auto const q = benjamini_hochberg(p);
  for (std::size_t i = 0; i < family.size(); ++i) family[i]->q = q[i];
  result.family = static_cast<int>(family.size());
}

void decide_all(Comparison& result, double level) {
  for (auto& one : result.cases) {
    if (!one.gated) continue;
    auto const conditions = one.reason;
    decide(one, level, result.alpha);
    if (!conditions.empty()) one.reason += "; " + conditions;
  }
}

void add_mean(std::map<std::tuple<std::string, std::string, Better>, std::pair<UnitMean, double>>& means,
              CaseComparison const& one) {
  auto const& metric = one.metric;
  auto const [found, fresh] = means.try_emplace({metric.name, metric.unit, metric.better},
                                                UnitMean{metric.name, metric.unit, metric.better}, 0);
  auto& [mean, logarithms] = found->second;
  ++mean.of;
  if (!one.gated) return;
  ++mean.rows;
  logarithms += std::log(*one.ratio);
}

void add_means(Comparison& result) {
  std::map<std::tuple<std::string, std::string, Better>, std::pair<UnitMean, double>> means;
  for (auto const& one : result.cases) add_mean(means, one);
  for (auto& [key, value] : means) {
    auto& [mean, logarithms] = value;
    if (mean.rows == 0) continue;
    mean.ratio = std::exp(logarithms / mean.rows);
    result.means.push_back(mean);
  }
}

Comparability level_of(std::vector<EnvironmentDifference> const& differences) {
  if (differences.empty()) return Comparability::identical;
  return std::ranges::any_of(differences, &EnvironmentDifference::blocks) ? Comparability::incomparable
                                                                          : Comparability::compatible;
}

void note_same_documents(Comparison& result) {
  for (auto const& hash : result.base.sha256) {
    if (!hash.empty() && std::ranges::find(result.candidate.sha256, hash) != result.candidate.sha256.end())
      result.notes.push_back("both sides hold the same document: nothing can differ");
  }
}

void note_pairing(Comparison& result) {
  bool const differ =
      std::ranges::any_of(result.differences, [](auto const& d) { return d.what == "nodes"; });
  if (!differ) return;
  auto const paired =
      std::ranges::count_if(result.cases, [](auto const& one) { return !one.paired.empty(); });
  if (paired > 0)
    result.notes.push_back(
        fmt::format("{} cases that nodes ran by themselves are compared over the nodes that "
                    "both sides have",
                    paired));
  if (paired < std::ssize(result.cases))
    result.notes.push_back(
        "figures of ranks that worked together belong to all their nodes at once and cannot be "
        "paired by node; neither can nodes that only one side has");
}

/// `level`: what q has to be at most.
Comparison compare_at(Side const& base, Side const& candidate, CompareOptions const& options, double level) {
  Comparison result;
  result.base = described(base);
  result.candidate = described(candidate);
  result.alpha = options.alpha;
  result.differences = environment_differences(base, candidate);
  result.comparability = level_of(result.differences);
  result.forced = options.force_incomparable;
  result.notes = quality_notes(base, candidate);
  add_cases(result, base, candidate, options);
  correct(result);
  decide_all(result, level);
  add_means(result);
  note_same_documents(result);
  note_pairing(result);
  return result;
}

bool is_suspect(CaseComparison one, double alpha) {
  if (!one.gated || !one.q) return false;
  decide(one, alpha / 2, alpha);
  return one.verdict == CaseVerdict::suspect;
}

/// A case is a suspect for having looked far apart, its launches close together: the family's usual deviation
/// counts where it is the larger one.
int fresh_launches(CaseComparison const& one, double usual_deviation, double level) {
  double const own = launch_deviation({one.base.launches, one.candidate.launches});
  int const needed =
      launches_needed(std::max(own, usual_deviation), std::max(one.margin, 0.001), level, confirming_power);
  return std::clamp(needed, fewest_fresh, most_fresh);
}

double usual_deviation(Comparison const& result) {
  std::vector<double> deviations;
  for (auto const& one : result.cases) {
    if (one.q) deviations.push_back(launch_deviation({one.base.launches, one.candidate.launches}));
  }
  return deviations.empty() ? 0 : median(deviations);
}

void name_fresh_launches(Comparison& result) {
  auto const count =
      std::ranges::count_if(result.cases, [&](auto const& one) { return is_suspect(one, result.alpha); });
  double const deviation = usual_deviation(result);
  for (auto& one : result.cases) {
    if (is_suspect(one, result.alpha))
      one.fresh_launches = fresh_launches(one, deviation, result.alpha / 2 / static_cast<double>(count));
  }
}

void refuse_seen_launches(Comparison const& first, Comparison const& fresh) {
  std::set<std::string> seen(first.base.sha256.begin(), first.base.sha256.end());
  seen.insert(first.candidate.sha256.begin(), first.candidate.sha256.end());
  for (auto const* side : {&fresh.base, &fresh.candidate}) {
    for (std::size_t i = 0; i < side->sha256.size(); ++i) {
      if (!side->sha256[i].empty() && seen.contains(side->sha256[i]))
        throw Error(
            ExitCode::usage,
            fmt::format("{} is one of the documents that the suspects are from (launches that made a case "
                        "a suspect cannot confirm it) give fresh launches of both sides",
                        side->files[i]));
    }
  }
}

/// What the first stage leaves standing with half of alpha.
void redecide(CaseComparison& one, double alpha) {
  if (one.gated) decide(one, alpha / 2, alpha);
}

CaseComparison unconfirmed(CaseComparison one) {
  one.verdict = CaseVerdict::suspect;
  one.reason = "not among the fresh launches; still to be confirmed";
  return one;
}

/// Fresh launches have decided: suspecting once more would be asking until the answer fits.
CaseComparison settled(CaseComparison one) {
  one.confirmed = true;
  if (one.verdict == CaseVerdict::suspect) {
    one.verdict = CaseVerdict::inconclusive;
    one.reason = "fresh launches did not confirm it beyond chance";
  } else {
    one.reason = "fresh launches: " + one.reason;
  }
  return one;
}

}  // namespace

Comparison compare(Side const& base, Side const& candidate, CompareOptions const& options) {
  auto result = compare_at(base, candidate, options, options.alpha);
  name_fresh_launches(result);
  return result;
}

Suspects suspects(Comparison const& first) {
  Suspects result;
  for (auto const& one : first.cases) {
    if (!one.fresh_launches) continue;
    result.names.push_back(one.name);
    result.launches = std::max(result.launches, *one.fresh_launches);
  }
  return result;
}

Comparison confirm(Comparison const& first, Side const& fresh_base, Side const& fresh_candidate,
                   CompareOptions const& options) {
  auto const list = suspects(first).names;
  std::set<std::string> const names(list.begin(), list.end());
  CompareOptions own = options;
  own.keep = [&](std::string const& name) { return names.contains(name); };
  auto const fresh = compare_at(fresh_base, fresh_candidate, own, options.alpha / 2);
  refuse_seen_launches(first, fresh);
  Comparison result = first;
  result.confirmed = true;
  for (auto& one : result.cases) {
    if (!names.contains(one.name)) {
      redecide(one, options.alpha);
      continue;
    }
    auto const found = std::ranges::find(fresh.cases, one.name, &CaseComparison::name);
    one = found == fresh.cases.end() ? unconfirmed(one) : settled(*found);
  }
  for (auto const& note : fresh.notes) result.notes.push_back("fresh launches: " + note);
  for (auto const& difference : fresh.differences) {
    if (difference.blocks)
      result.notes.push_back(fmt::format("fresh launches: {} differs: {} and {}", difference.what,
                                         difference.base, difference.candidate));
  }
  return result;
}

}  // namespace muster
