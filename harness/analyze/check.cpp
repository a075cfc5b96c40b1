#include "harness/analyze/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "harness/analyze/check_fleet.hpp"
#include "harness/analyze/check_health.hpp"
#include "harness/analyze/check_links.hpp"
#include "harness/analyze/check_spec.hpp"
#include "harness/analyze/kinds.hpp"

namespace muster {
namespace {

void append(std::vector<CheckFinding>& all, std::vector<CheckFinding> more) {
  std::ranges::move(more, std::back_inserter(all));
}

/// Failures before warnings, then by kind as they are declared, then the farthest off.
void sort_findings(std::vector<CheckFinding>& findings) {
  std::ranges::stable_sort(findings, {}, [](CheckFinding const& f) {
    return std::tuple(f.severity, f.kind, f.deviation.value_or(0));
  });
}

/// Short: a scheduler shows one line of it.
std::string reason_of(CheckFinding const& finding) {
  std::string text;
  if (finding.subject.kind == Subject::Kind::gpu) text = fmt::format("GPU {} ", finding.subject.device);
  if (!finding.subject.rail.empty()) text += "rail " + finding.subject.rail + " ";
  if (!finding.deviation) return text + finding.evidence;
  return text + fmt::format("{:.1f} % below {} in {}", -100 * *finding.deviation,
                            finding.source.empty() ? "its peers" : "the expected", finding.cases);
}

/// Nodes in the order of their worst finding.
std::vector<Drain> drains_of(std::vector<CheckFinding> const& findings) {
  std::vector<Drain> drains;
  std::map<std::string, std::size_t> places;
  for (auto const& finding : findings) {
    bool const of_node =
        finding.subject.kind == Subject::Kind::node || finding.subject.kind == Subject::Kind::gpu;
    if (finding.severity != Severity::fail || !of_node) continue;
    auto const [found, fresh] = places.try_emplace(finding.subject.node, drains.size());
    if (fresh) drains.push_back({finding.subject.node, {}});
    drains[found->second].reasons.push_back(reason_of(finding));
  }
  return drains;
}

bool can_be_judged(CaseResult const& result) { return has_clean_figures(result) && result.backend == "cuda"; }

void count_nodes(CheckCoverage& coverage, Document const& document) {
  auto const seen = static_cast<int>(document.nodes.size());
  coverage.nodes_planned = document.coverage ? document.coverage->planned : seen;
  coverage.nodes_seen = document.coverage ? document.coverage->seen : seen;
  coverage.nodes_excluded = document.coverage ? static_cast<int>(document.coverage->excluded.size()) : 0;
}

/// Cases whose parts were judged by peers, by links, or by the description.
std::set<std::size_t> judged_cases(PartFigures const& figures, SpecJudgement const& spec) {
  auto judged = spec.cases;
  for (auto const& kind : kinds_of(figures)) {
    if (figures.parts(kind.unit).size() >= FleetRule::least_peers)
      judged.insert(kind.cases.begin(), kind.cases.end());
  }
  auto const& cases = figures.document().cases;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases[i].workload == "collective/links" && has_clean_figures(cases[i]) &&
        link_coverage(figures.document()).second > 0)
      judged.insert(i);
  }
  return judged;
}

void count_gpus(CheckCoverage& coverage, PartFigures const& figures, SpecJudgement const& spec) {
  auto judged = judged_by_peers(figures, Unit::gpu);
  coverage.gpus = static_cast<int>(judged.size());
  for (std::size_t i = 0; i < judged.size(); ++i) {
    auto const& gpu = figures.gpus()[i];
    judged[i] = judged[i] || spec.parts.contains({gpu.node, gpu.device});
  }
  coverage.gpus_judged = static_cast<int>(std::ranges::count(judged, true));
}

void add_notes(CheckCoverage& coverage, PartFigures const& figures, ClusterDescription const* cluster,
               SpecJudgement const& spec) {
  auto const note = [&](std::string text) { coverage.notes.push_back(std::move(text)); };
  auto const& document = figures.document();
  if (coverage.gpus > coverage.gpus_judged)
    note(
        fmt::format("{} of {} GPUs were not judged by their speed (fewer than {} of their model with clean "
                    "figures, or none, and no floor for what was measured)",
                    coverage.gpus - coverage.gpus_judged, coverage.gpus, FleetRule::least_peers));
  if (cluster) {
    auto const unexpected =
        std::ranges::count_if(document.cases, can_be_judged) - static_cast<long>(spec.cases.size());
    if (unexpected > 0) note(fmt::format("no expectation for {} cases", unexpected));
    if (static_cast<int>(document.nodes.size()) < cluster->nodes)
      note(fmt::format("the description has {} nodes, this result is of {}", cluster->nodes,
                       document.nodes.size()));
  } else {
    note("no description was given (--cluster), so that a fleet that is slow all over cannot be told");
  }
  for (auto const& result : document.cases) {
    if (result.rank_spread) {
      note(
          "of a large run's GPUs only what tainted their figures is known: counters and states are in its "
          "journals");
      break;
    }
  }
}

CheckCoverage coverage_of(PartFigures const& figures, ClusterDescription const* cluster,
                          SpecJudgement const& spec) {
  CheckCoverage coverage;
  auto const& document = figures.document();
  count_nodes(coverage, document);
  count_gpus(coverage, figures, spec);
  std::tie(coverage.links, coverage.links_judged) = link_coverage(document);
  coverage.cases = static_cast<int>(document.cases.size());
  coverage.cases_judged = static_cast<int>(judged_cases(figures, spec).size());
  coverage.cases_expected = static_cast<int>(spec.cases.size());
  coverage.described = cluster != nullptr;
  add_notes(coverage, figures, cluster, spec);
  return coverage;
}

bool is_whole(Document const& document, CheckCoverage const& coverage) {
  bool const all = std::ranges::none_of(document.cases, [](CaseResult const& result) {
    return is_failure(result.status) || result.status == CaseStatus::not_run;
  });
  return all && document.run.status == RunStatus::complete && coverage.nodes_seen == coverage.nodes_planned &&
         coverage.nodes_excluded == 0;
}

CheckVerdict verdict_of(Findings const& findings, Document const& document) {
  if (std::ranges::any_of(findings.findings, [](auto const& f) { return f.severity == Severity::fail; }))
    return CheckVerdict::fail;
  if (!is_whole(document, findings.coverage)) return CheckVerdict::partial;
  return findings.coverage.cases_judged == 0 ? CheckVerdict::inconclusive : CheckVerdict::pass;
}

}  // namespace

Findings check(CheckedResult const& result, CheckedResult const* second, ClusterDescription const* cluster) {
  PartFigures const figures(result.document, result.samples);
  std::optional<PartFigures> again;
  if (second) again.emplace(second->document, second->samples);
  auto const spec = cluster ? judge_by(*cluster, figures) : SpecJudgement{};
  Findings all;
  append(all.findings, failure_findings(figures, result.samples));
  append(all.findings, device_findings(figures, result.samples));
  append(all.findings, setting_findings(figures));
  append(all.findings, spec.findings);
  append(all.findings, fleet_findings(figures, again ? &*again : nullptr));
  append(all.findings, link_findings(result.document, second ? &second->document : nullptr));
  sort_findings(all.findings);
  all.cluster = cluster ? cluster->name : "";
  all.drains = drains_of(all.findings);
  all.expectations = spec.results;
  all.coverage = coverage_of(figures, cluster, spec);
  all.run = result.document.run.id;
  all.started = result.document.run.started;
  all.second_run = second ? second->document.run.id : "";
  all.verdict = verdict_of(all, result.document);
  return all;
}

}  // namespace muster
