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
#include "harness/core/counted.hpp"

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
  if (finding.subject.kind == Subject::Kind::link)
    text = words(finding.subject) + " ";
  else if (!finding.subject.rail.empty())
    text += "rail " + finding.subject.rail + " ";
  if (!finding.deviation) return text + finding.evidence;
  return text + fmt::format("{:.1f} % below {} in {}", -100 * *finding.deviation,
                            finding.source.empty() ? "its peers" : "the expected", finding.cases);
}

/// The node that a finding takes out of use; "": none. Of a single node whatever is slow within it is the
/// node's; that a description is of another machine is nobody's.
std::string node_of(CheckFinding const& finding, Document const& document) {
  if (finding.severity != Severity::fail) return "";
  auto const kind = finding.subject.kind;
  if (kind == Subject::Kind::node || kind == Subject::Kind::gpu) return finding.subject.node;
  bool const within = document.nodes.size() == 1 && finding.kind != FindingKind::wrong_part;
  return within ? document.nodes.front().name : "";
}

/// Nodes in the order of their worst finding.
std::vector<Drain> drains_of(std::vector<CheckFinding> const& findings, Document const& document) {
  std::vector<Drain> drains;
  std::map<std::string, std::size_t> places;
  for (auto const& finding : findings) {
    auto const node = node_of(finding, document);
    if (node.empty()) continue;
    auto const [found, fresh] = places.try_emplace(node, drains.size());
    if (fresh) drains.push_back({node, {}});
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

/// Was a figure of every GPU asked for?
bool asks_for_gpus(Document const& document) {
  return std::ranges::any_of(document.cases, [](CaseResult const& result) {
    return unit_of(result) == Unit::gpu && result.status != CaseStatus::unsupported;
  });
}

/// Marks GPUs and nodes that peers, links or a floor have judged, and names the others.
class Judged {
 public:
  Judged(PartFigures const& figures, SpecJudgement const& spec, LinkCoverage const& links, bool by_peers)
      : figures_(figures), spec_(spec), links_(links) {
    if (by_peers) peers_ = peer_coverage(figures);
    peers_.gpus.resize(figures.gpus().size());
    peers_.nodes.resize(figures.nodes().size());
  }

  void count(CheckCoverage& coverage) const {
    bool const wants_gpus = asks_for_gpus(figures_.document());
    auto cases = spec_.floors;
    cases.insert(peers_.cases.begin(), peers_.cases.end());
    cases.insert(links_.cases.begin(), links_.cases.end());
    coverage.cases_judged = static_cast<int>(cases.size());
    coverage.gpus = static_cast<int>(figures_.gpus().size());
    for (std::size_t i = 0; i < figures_.gpus().size(); ++i) {
      bool const judged = gpu(i);
      coverage.gpus_judged += judged ? 1 : 0;
      if (!judged && wants_gpus) coverage.unjudged.push_back(words(subject_of(figures_.gpus()[i])));
    }
    for (std::size_t i = 0; i < figures_.nodes().size(); ++i) {
      bool const judged = node(i);
      coverage.nodes_judged += judged ? 1 : 0;
      if (wants_gpus ? !has_gpus(i) : !judged) coverage.unjudged.push_back(figures_.nodes()[i].node);
    }
  }

 private:
  /// One whose states are missing where others' are there is not known to be in order.
  bool gpu(std::size_t i) const {
    auto const& part = figures_.gpus()[i];
    bool const known = figures_.devices().empty() || figures_.devices().contains({part.node, part.device});
    return known && (peers_.gpus[i] || spec_.parts.contains({part.node, part.device}));
  }
  bool node(std::size_t i) const {
    auto const& name = figures_.nodes()[i].node;
    bool const by_links = links_.rows.contains(name) || (figures_.nodes().size() == 1 && links_.judged > 0);
    return peers_.nodes[i] || by_links || spec_.parts.contains({name, -1}) || spec_.parts.contains({"", -1});
  }
  bool has_gpus(std::size_t node) const {
    auto const& name = figures_.nodes()[node].node;
    return std::ranges::any_of(figures_.gpus(), [&](Part const& gpu) { return gpu.node == name; });
  }

  PartFigures const& figures_;
  SpecJudgement const& spec_;
  LinkCoverage const& links_;
  PeerCoverage peers_;
};

constexpr std::size_t named_at_most = 5;

std::string some_of(std::vector<std::string> const& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), named_at_most); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > named_at_most) text += fmt::format(" and {} more", names.size() - named_at_most);
  return text;
}

void add_notes(CheckCoverage& coverage, PartFigures const& figures, ClusterDescription const* cluster) {
  auto const note = [&](std::string text) { coverage.notes.push_back(std::move(text)); };
  auto const& document = figures.document();
  if (!coverage.unjudged.empty())
    note(
        fmt::format("{} not judged (fewer than {} of their model with clean figures, or none, and no floor "
                    "for what was measured; or their states are missing): {}",
                    counted(coverage.unjudged.size(), "part was", "parts were"), FleetRule::least_peers,
                    some_of(coverage.unjudged)));
  if (document.run.oversubscribed)
    note("ranks shared GPUs or cores (oversubscribed), so that speeds were not judged");
  if (cluster) {
    auto const measured = std::ranges::count_if(document.cases, can_be_judged);
    note(fmt::format("of {} cases measured on GPUs {} have an expectation, {} a floor", measured,
                     coverage.cases_expected, coverage.cases_with_floor));
    if (static_cast<int>(document.nodes.size()) < cluster->nodes)
      note(fmt::format("the description has {} nodes, this result is of {}", cluster->nodes,
                       document.nodes.size()));
  } else {
    note("no description was given (--cluster), so that a fleet that is slow all over cannot be told");
  }
  bool const large = std::ranges::any_of(
      document.cases, [](CaseResult const& result) { return result.rank_spread.has_value(); });
  if (large && figures.devices().empty())
    note(
        "of this large run's GPUs only what tainted their figures is known: their counters and states are in "
        "its journals (muster collect of this version puts them beside the document)");
}

CheckCoverage coverage_of(PartFigures const& figures, ClusterDescription const* cluster,
                          SpecJudgement const& spec) {
  CheckCoverage coverage;
  auto const& document = figures.document();
  bool const by_speed = !document.run.oversubscribed;
  count_nodes(coverage, document);
  auto links = link_coverage(document);
  coverage.links = links.measured;
  if (!by_speed) links = {};
  coverage.links_judged = links.judged;
  Judged(figures, spec, links, by_speed).count(coverage);
  coverage.cases = static_cast<int>(document.cases.size());
  coverage.cases_expected = static_cast<int>(spec.cases.size());
  coverage.cases_with_floor = static_cast<int>(spec.floors.size());
  coverage.described = cluster != nullptr;
  add_notes(coverage, figures, cluster);
  return coverage;
}

bool is_whole(Document const& document, CheckCoverage const& coverage) {
  bool const all = std::ranges::none_of(document.cases, [](CaseResult const& result) {
    return is_failure(result.status) || result.status == CaseStatus::not_run;
  });
  return all && document.run.status == RunStatus::complete && coverage.nodes_seen == coverage.nodes_planned &&
         coverage.nodes_excluded == 0;
}

std::vector<TestedNode> tested_nodes(Document const& document) {
  std::vector<TestedNode> tested;
  for (auto const& node : document.nodes) {
    auto& one = tested.emplace_back(TestedNode{node.name, {}});
    for (auto const& gpu : node.gpus) one.gpus.push_back({gpu.index, gpu.name, gpu.uuid});
  }
  return tested;
}

/// So far off that it is no accident of one measurement, and yet was seen in one only.
constexpr double far_below = 0.2;

bool is_open_question(CheckFinding const& finding) {
  return finding.severity == Severity::warn && finding.reproduced == false &&
         finding.deviation.value_or(0) < -far_below;
}

/// Why there is no verdict; "" where there is one.
std::string why_inconclusive(Findings const& findings, Document const& document) {
  auto const& coverage = findings.coverage;
  if (document.run.oversubscribed)
    return "ranks shared GPUs or cores (oversubscribed): speeds cannot be judged";
  if (coverage.cases_judged == 0 || coverage.gpus_judged + coverage.nodes_judged == 0)
    return "nothing could be judged (too few peers with clean figures, no floors)";
  if (coverage.described && coverage.cases_with_floor == 0)
    return "the description says nothing of what was measured";
  auto const open = std::ranges::find_if(findings.findings, is_open_question);
  if (open == findings.findings.end()) return "";
  return fmt::format("{} was {:.0f} % below, which was not reproduced: measure again", words(open->subject),
                     -100 * *open->deviation);
}

void conclude(Findings& findings, Document const& document) {
  auto const failed = [](auto const& finding) { return finding.severity == Severity::fail; };
  findings.verdict = CheckVerdict::fail;
  if (std::ranges::any_of(findings.findings, failed)) return;
  findings.verdict = CheckVerdict::inconclusive;
  findings.why = why_inconclusive(findings, document);
  if (!findings.why.empty()) return;
  findings.verdict = CheckVerdict::partial;
  auto const& unjudged = findings.coverage.unjudged;
  if (!is_whole(document, findings.coverage))
    findings.why = "nothing failed, but not all that was planned was tested";
  else if (!unjudged.empty())
    findings.why = fmt::format("nothing failed, but not all could be judged ({} could not): {}",
                               unjudged.size(), some_of(unjudged));
  else
    findings.verdict = CheckVerdict::pass;
}

}  // namespace

Findings check(CheckedResult const& result, CheckedResult const* second, ClusterDescription const* cluster) {
  PartFigures const figures(result.document, result.samples);
  std::optional<PartFigures> again;
  if (second) again.emplace(second->document, second->samples);
  bool const by_speed = !result.document.run.oversubscribed;
  auto const spec = cluster ? judge_by(*cluster, figures) : SpecJudgement{};
  Findings all;
  append(all.findings, failure_findings(figures, result.samples));
  append(all.findings, device_findings(figures, result.samples));
  append(all.findings, setting_findings(figures));
  append(all.findings, spec.findings);
  if (by_speed) {
    append(all.findings, fleet_findings(figures, again ? &*again : nullptr));
    append(all.findings, link_findings(result.document, second ? &second->document : nullptr));
  }
  sort_findings(all.findings);
  all.cluster = cluster ? cluster->name : "";
  all.drains = drains_of(all.findings, result.document);
  all.expectations = spec.results;
  all.coverage = coverage_of(figures, cluster, spec);
  all.run = result.document.run.id;
  all.version = result.document.run.version;
  all.commit = result.document.run.commit;
  all.tested = tested_nodes(result.document);
  all.started = result.document.run.started;
  all.second_run = second ? second->document.run.id : "";
  conclude(all, result.document);
  return all;
}

}  // namespace muster
