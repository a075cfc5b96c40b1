#include "harness/analyze/case_maker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "harness/analyze/conditions.hpp"
#include "harness/analyze/mann_whitney.hpp"
#include "harness/analyze/margins.hpp"
#include "harness/analyze/shift.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

/// Of the median: from order statistics, or where there are too few the range.
Interval interval_of(std::vector<double> const& launches) {
  auto const [low, high] = std::ranges::minmax(launches);
  OrderStatistics const ordered(launches);
  auto const half = ordered.median_half_width();
  double const middle = ordered.quantile(0.5);
  if (!half || middle <= 0) return {low, high};
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
  one.confidence = shift.confidence;
  if (shift.confidence >= 1 - alpha - 1e-9) one.ratio_interval = shift.interval;
  auto const test = mann_whitney(one.base.launches, one.candidate.launches);
  one.p = test.p;
  one.exact = test.exact && shift.exact;
  one.worse = is_worse(one.metric.better, shift.estimate);
}

void append(std::string& text, std::string const& more) {
  if (!more.empty()) text += (text.empty() ? "" : "; ") + more;
}

std::string unsupported_words(SideCase const& side) {
  return side.status == CaseStatus::unsupported ? "unsupported" : side.fault;
}

bool is_absent(SideCase const& side) {
  return side.status == CaseStatus::unsupported || side.status == CaseStatus::not_run;
}

/// No state of the base excuses a wrong answer; any other failure only one that was there before.
bool is_worse_failure(SideCase const& base, SideCase const& candidate) {
  if (candidate.fault.empty()) return false;
  if (base.fault.empty() || candidate.status == CaseStatus::wrong) return true;
  return is_absent(base) && !is_absent(candidate);
}

/// Only one side has it.
void say_alone(CaseComparison& one, SideCase const* base, SideCase const* candidate) {
  bool const failed = candidate && !candidate->fault.empty() && candidate->status != CaseStatus::unsupported;
  one.verdict = base ? CaseVerdict::missing : failed ? CaseVerdict::failed : CaseVerdict::added;
  one.worse = failed || (base && base->fault.empty());
  one.reason = base ? "only the base has it" : "only the candidate has it";
  if (failed) append(one.reason, "candidate: " + candidate->fault);
}

void say_failed(CaseComparison& one, SideCase const& base, SideCase const& candidate) {
  bool const neither = base.status == CaseStatus::unsupported && candidate.status == CaseStatus::unsupported;
  one.verdict = neither ? CaseVerdict::unsupported : CaseVerdict::failed;
  one.worse = is_worse_failure(base, candidate);
  if (!base.fault.empty()) one.reason = "base: " + unsupported_words(base);
  if (!candidate.fault.empty()) append(one.reason, "candidate: " + unsupported_words(candidate));
}

void say_tainted(CaseComparison& one, SideCase const& base, SideCase const& candidate) {
  one.verdict = CaseVerdict::tainted;
  one.worse = base.tainted.empty();
  auto const& [side, name] =
      base.tainted.empty() ? std::pair(&candidate, "candidate") : std::pair(&base, "base");
  auto const others = base.tainted.size() + candidate.tainted.size() - 1;
  one.reason = fmt::format("{}: {}{}", name, side->tainted.front(),
                           others > 0 ? fmt::format(" and {} more", others) : "");
}

std::string presence_words(char const* name, SideCase const& side) {
  auto const absent = std::ranges::count(side.all, nullptr);
  return absent == 0 ? ""
                     : fmt::format("{} of the {}'s {} runs have it", std::ssize(side.all) - absent, name,
                                   side.all.size());
}

void say_incomparable(CaseComparison& one, SideCase const& base) {
  one.verdict = CaseVerdict::incomparable;
  one.worse = base.tainted.empty();
}

/// Of all runs that one of whose nodes most failed.
std::optional<Worlds> worst_worlds(SideCase const& side) {
  std::optional<Worlds> worst;
  for (auto const* result : side.all) {
    if (!result || !result->worlds) continue;
    auto const& own = *result->worlds;
    if (!worst || own.planned - own.ok > worst->planned - worst->ok) worst = own;
  }
  return worst;
}

std::string lost_nodes(SideCase const& base, SideCase const& candidate) {
  auto const before = worst_worlds(base), now = worst_worlds(candidate);
  if (!before || !now || !base.fault.empty() || !candidate.fault.empty() || now->ok >= now->planned)
    return {};
  if (before->ok < before->planned && before->ok <= now->ok) return {};
  return fmt::format("candidate: only {} of {} nodes ended ok ({} of the base's {} did)", now->ok,
                     now->planned, before->ok, before->planned);
}

/// A quotient beyond what numbers hold.
bool has_ratio(CaseComparison const& one) {
  auto const fits = [](double x) { return std::isfinite(x) && x > 0; };
  return fits(*one.ratio) &&
         (!one.ratio_interval || (fits(one.ratio_interval->low) && fits(one.ratio_interval->high)));
}

void say_no_ratio(CaseComparison& one) {
  one.ratio.reset();
  one.ratio_interval.reset();
  one.p.reset();
  one.verdict = CaseVerdict::failed;
  one.worse = true;
  one.reason =
      fmt::format("the ratio of {:g} and {:g} is beyond what a number can hold: these are no figures",
                  one.base.median, one.candidate.median);
}

/// What a reader should know of the figures, whatever they show.
std::string remarks(SideCase const& base, SideCase const& candidate, bool forced) {
  auto text = condition_words(base, candidate);
  append(text, presence_words("base", base));
  append(text, presence_words("candidate", candidate));
  auto const differs = forced ? mismatch(*base.result, *candidate.result) : "";
  if (!differs.empty()) append(text, "compared by force although not the same: " + differs);
  return text;
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

/// The figures over some nodes only are others than those that were found good.
SideCase with_chosen(SideCase side, std::vector<double> const& launches) {
  auto const bad = std::ranges::find_if_not(launches, is_figure);
  if (bad != launches.end())
    side.fault =
        fmt::format("over the nodes that both sides have a launch has a figure of {}, which is none", *bad);
  return side;
}

}  // namespace

CaseComparison CaseMaker::make(std::string const& name, SideCase const* base, SideCase const* candidate) {
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
    one.lost_nodes = lost_nodes(*base, *candidate);
    append(one.reason, one.lost_nodes);
  } else {
    say_alone(one, base, candidate);
  }
  return one;
}

void CaseMaker::judge(CaseComparison& one, SideCase const& base, SideCase const& candidate) {
  if (!base.fault.empty() || !candidate.fault.empty()) return say_failed(one, base, candidate);
  one.reason = why_incomparable(base, candidate);
  if (!one.reason.empty()) return say_incomparable(one, base);
  if (one.metric.better == Better::exact) return decide_exact(one);
  if (!choose_nodes(one, base, candidate)) return;
  add_ratio(one, options_.alpha);
  if (!has_ratio(one)) return say_no_ratio(one);
  if (!base.tainted.empty() || !candidate.tainted.empty()) return say_tainted(one, base, candidate);
  one.gated = true;
  one.reason = remarks(base, candidate, options_.force_incomparable);
}

std::string CaseMaker::why_incomparable(SideCase const& base, SideCase const& candidate) const {
  if (!same_metric(base.result->metric, candidate.result->metric))
    return mismatch(*base.result, *candidate.result);  // no force makes a ratio of bytes and seconds
  if (options_.force_incomparable) return {};
  if (!base.mixed.empty()) return "the base's runs differ in " + base.mixed;
  if (!candidate.mixed.empty()) return "the candidate's runs differ in " + candidate.mixed;
  if (blocked_) return "the two sides are not comparable (see what differs)";
  return mismatch(*base.result, *candidate.result);
}

bool CaseMaker::choose_nodes(CaseComparison& one, SideCase const& base, SideCase const& candidate) {
  if (!nodes_.wanted(base, candidate)) return true;
  auto paired = nodes_.launches(base, candidate);
  if (paired.nodes == 0) return true;
  if (auto const a = with_chosen(base, paired.base), b = with_chosen(candidate, paired.candidate);
      !a.fault.empty() || !b.fault.empty()) {
    one.base.launches.clear();
    one.candidate.launches.clear();
    return say_failed(one, a, b), false;
  }
  one.base.launches = std::move(paired.base);
  one.candidate.launches = std::move(paired.candidate);
  one.paired = fmt::format("over the {} nodes that both sides have", paired.nodes);
  for (auto* figures : {&one.base, &one.candidate}) {
    figures->median = median(figures->launches);
    figures->interval = interval_of(figures->launches);
  }
  return true;
}

}  // namespace muster
