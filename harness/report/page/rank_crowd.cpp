#include "harness/report/page/rank_crowd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>

#include "harness/core/statistics.hpp"
#include "harness/report/collective_table.hpp"

namespace muster {
namespace {

/// Every node may have a rank 0 of its own.
auto place_of(RankSample const& sample) { return std::tuple(sample.node, sample.rank, sample.device); }

std::string name_of(RankSamples const& samples, RankSample const& sample, CaseResult const& result) {
  return fmt::format("{} {} {}", samples.nodes[sample.node], result.backend == "cuda" ? "GPU" : "device",
                     sample.device);
}

/// Of one rank, all its launches.
RankPlace place(std::span<RankSample const> of_rank, RankSamples const& samples, CaseResult const& result) {
  std::vector<double> values;
  bool tainted = false;
  for (auto const& sample : of_rank) {
    values.push_back(sample.median);
    tainted = tainted || sample.tainted;
  }
  auto const& first = of_rank.front();
  return {
      name_of(samples, first, result), samples.nodes[first.node], first.device, median(values), 0, tainted};
}

std::vector<RankPlace> places(std::vector<RankSample> samples, RankSamples const& all,
                              CaseResult const& result) {
  std::erase_if(samples, [](RankSample const& sample) { return !(sample.median > 0); });  // sat it out
  std::ranges::stable_sort(samples, {}, place_of);
  std::vector<RankPlace> list;
  for (auto first = samples.begin(); first != samples.end();) {
    auto const last = std::find_if(first, samples.end(),
                                   [&](auto const& sample) { return place_of(sample) != place_of(*first); });
    list.push_back(place({first, last}, all, result));
    first = last;
  }
  return list;
}

/// A rate that is lower by a third is a time that is longer by a half.
std::optional<double> limit_percent(CaseRule const& rule, bool lower) {
  if (!rule.limit) return std::nullopt;
  return lower ? 100 * (1 / (1 - *rule.limit) - 1) : -100 * *rule.limit;
}

bool speaks_of(CheckFinding const& finding, RankPlace const& rank) {
  auto const& subject = finding.subject;
  return subject.node == rank.node && (subject.kind == Subject::Kind::node ||
                                       (subject.kind == Subject::Kind::gpu && subject.device == rank.device));
}

/// Findings about the speed of parts in this case or in its kind.
std::vector<CheckFinding const*> findings_of(ReportedResult const& result, CaseResult const& of,
                                             CaseRule const& rule) {
  using enum FindingKind;
  std::vector<CheckFinding const*> found;
  if (!result.findings) return found;
  for (auto const& finding : result.findings->findings) {
    bool const speed = finding.kind == below_fleet || finding.kind == below_floor ||
                       finding.kind == slow_clock || finding.kind == drift;
    bool const here =
        finding.cases == of.name || std::ranges::find(rule.kinds, finding.cases) != rule.kinds.end();
    if (speed && here) found.push_back(&finding);
  }
  return found;
}

void mark(Crowd& crowd, std::vector<CheckFinding const*> const& findings, bool lower) {
  for (auto& rank : crowd.ranks) {
    bool const beyond = crowd.limit_percent &&
                        (lower ? rank.percent > *crowd.limit_percent : rank.percent < *crowd.limit_percent);
    rank.stands_out = beyond || std::ranges::any_of(
                                    findings, [&](auto const* finding) { return speaks_of(*finding, rank); });
  }
}

Crowd crowd(CaseResult const& result, std::vector<RankPlace> ranks) {
  std::vector<double> values;
  for (auto const& rank : ranks) values.push_back(rank.value);
  OrderStatistics const ordered(values);
  Crowd made{&result, ordered.quantile(0.5), ordered.quantile(0.05), ordered.quantile(0.95),
             {},      std::move(ranks)};
  for (auto& rank : made.ranks) rank.percent = 100 * (rank.value / made.median - 1);
  bool const lower = result.metric.better == Better::lower;
  std::ranges::stable_sort(made.ranks, [lower](auto const& a, auto const& b) {
    return lower ? a.value > b.value : a.value < b.value;
  });
  return made;
}

}  // namespace

std::vector<Crowd> crowds_of(ReportedResult const& from) {
  std::vector<Crowd> crowds;
  auto const& cases = from.document.cases;
  for (std::size_t i = 0; i < std::min(cases.size(), from.ranks.cases.size()); ++i) {
    auto const& result = cases[i];
    if (is_collective(result)) continue;
    if (result.status != CaseStatus::ok && result.status != CaseStatus::wrong) continue;
    auto ranks = places(from.ranks.cases[i], from.ranks, result);
    if (ranks.size() < 2) continue;
    auto made = crowd(result, std::move(ranks));
    auto const rule = i < from.rules.size() ? from.rules[i] : CaseRule{};
    bool const lower = result.metric.better == Better::lower;
    made.limit_percent = limit_percent(rule, lower);
    mark(made, findings_of(from, result, rule), lower);
    crowds.push_back(std::move(made));
  }
  return crowds;
}

}  // namespace muster
