#include "harness/report/findings_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/core/counted.hpp"
#include "harness/core/drain_line.hpp"
#include "harness/core/quantities.hpp"

namespace muster {
namespace {

constexpr std::size_t named_in_one_line = 5;

/// Percentages and plain numbers take no prefix.
std::string figure(std::optional<double> value, std::string const& unit) {
  if (!value) return "";
  if (unit.empty()) return fmt::format("{:g}", *value);
  return unit.starts_with("%") ? fmt::format("{:.1f} {}", *value, unit) : human(*value, unit);
}

std::string percent(std::optional<double> share) { return share ? fmt::format("{:.1f}", 100 * *share) : ""; }

std::string margin_words(CheckFinding const& finding) {
  return finding.margin ? fmt::format("{:g}", 100 * *finding.margin) : "";
}

std::string reproduced_words(CheckFinding const& finding) {
  return finding.reproduced ? (*finding.reproduced ? "yes" : "no") : "";
}

std::string with_remedy(CheckFinding const& finding) {
  return finding.remedy.empty() ? finding.evidence : finding.evidence + " -> " + finding.remedy;
}

std::ptrdiff_t count(Findings const& findings, Severity severity) {
  return std::ranges::count(findings.findings, severity, &CheckFinding::severity);
}

/// A monitoring system takes | for the start of performance data, and one line.
std::string one_line(std::string text) {
  text = printable(text);
  std::ranges::replace(text, '|', '/');
  return text;
}

std::string worst_words(Findings const& findings, Severity severity) {
  std::string text;
  std::size_t named = 0, more = 0;
  std::set<std::string> subjects;
  for (auto const& finding : findings.findings) {
    if (finding.severity != severity || !subjects.insert(words(finding.subject)).second) continue;
    if (named == named_in_one_line) {
      ++more;
      continue;
    }
    text += (named++ == 0 ? "" : ", ") + words(finding.subject);
  }
  return text + (more > 0 ? fmt::format(" and {} more", more) : "");
}

std::size_t parts(Findings const& findings, Severity severity) {
  std::set<std::string> subjects;
  for (auto const& finding : findings.findings) {
    if (finding.severity == severity) subjects.insert(words(finding.subject));
  }
  return subjects.size();
}

/// Of a GPU without a clean figure nobody knows.
std::string in_order(CheckCoverage const& c) {
  auto const nodes = counted(c.nodes_seen, "node");
  if (c.gpus == 0) return nodes + " without a finding; no GPU was judged";
  if (c.gpus_judged == c.gpus) return fmt::format("{} on {} in order", counted(c.gpus, "GPU"), nodes);
  return fmt::format("{} of {} on {} in order, {} not judged by speed", c.gpus_judged, counted(c.gpus, "GPU"),
                     nodes, c.gpus - c.gpus_judged);
}

std::string summary(Findings const& findings) {
  auto const failed = parts(findings, Severity::fail), warned = parts(findings, Severity::warn);
  if (failed > 0)
    return fmt::format("{} {}: {}", failed, findings.drains.empty() ? "failed" : "to drain or repair",
                       worst_words(findings, Severity::fail));
  if (!findings.why.empty()) return findings.why;
  if (warned > 0) return fmt::format("{} to look at: {}", warned, worst_words(findings, Severity::warn));
  return in_order(findings.coverage);
}

/// Of the expected figure, of the margin that makes the floor, and of the gate.
std::string sources_of(ExpectationResult const& result) {
  auto text = result.source + (result.note.empty() ? "" : " (" + result.note + ")");
  if (!result.margin_source.empty()) text += "; margin: " + result.margin_source;
  if (!result.gate_source.empty()) text += "; gate: " + result.gate_source;
  return text;
}

}  // namespace

Table findings_table(Findings const& findings) {
  Table table{{{"verdict"},
               {"what"},
               {"part"},
               {"cases"},
               {"measured", true},
               {"expected", true},
               {"off %", true},
               {"allowed %", true},
               {"z", true},
               {"again"},
               {"evidence"}},
              {}};
  for (auto const& f : findings.findings) {
    table.rows.push_back({f.severity == Severity::fail ? "FAIL" : "warn", std::string(name(f.kind)),
                          words(f.subject), f.cases, figure(f.measured, f.unit), figure(f.expected, f.unit),
                          percent(f.deviation), margin_words(f), f.z ? fmt::format("{:.1f}", *f.z) : "",
                          reproduced_words(f), with_remedy(f)});
  }
  return table;
}

Table expectations_table(Findings const& findings) {
  Table table{{{"case"},
               {"of"},
               {"expected", true},
               {"margin %", true},
               {"floor", true},
               {"gate", true},
               {"median", true},
               {"worst", true},
               {"worst part"},
               {"below", true},
               {"parts", true},
               {"source"}},
              {}};
  for (auto const& r : findings.expectations) {
    table.rows.push_back({r.cases, r.part, human(r.expected, r.unit), percent(r.margin),
                          figure(r.floor, r.unit), figure(r.gate, r.unit), human(r.median, r.unit),
                          human(r.worst, r.unit), words(r.worst_subject), std::to_string(r.below),
                          std::to_string(r.parts), sources_of(r)});
  }
  return table;
}

std::string coverage_words(Findings const& findings) {
  auto const& c = findings.coverage;
  std::string text = fmt::format("{}: {}\n", name(findings.verdict), printable(summary(findings)));
  text += fmt::format(
      "nodes: {} planned, {} seen, {} left out; GPUs: {} of {} judged by their speed; links: {} of {}; "
      "cases: {} of {}\n",
      c.nodes_planned, c.nodes_seen, c.nodes_excluded, c.gpus_judged, c.gpus, c.links_judged, c.links,
      c.cases_judged, c.cases);
  for (auto const& note : c.notes) text += "note: " + printable(note) + "\n";
  return text;
}

std::string drain_lines(Findings const& findings) {
  std::string text;
  for (auto const& drain : findings.drains) {
    auto const line = drain_line(drain.node, drain.reasons);
    text += line ? *line + "\n"
                 : fmt::format("# a node to drain has a name that cannot stand in a command: {}\n",
                               printable(drain.node));
  }
  return text;
}

int nagios_code(Findings const& findings) {
  if (findings.verdict == CheckVerdict::fail) return 2;
  if (findings.verdict == CheckVerdict::inconclusive) return nagios_unknown_code;
  return findings.verdict == CheckVerdict::partial || !findings.findings.empty() ? 1 : 0;
}

std::string nagios_unknown(std::string const& why) {
  return fmt::format("MUSTER UNKNOWN - {}\n", one_line(why));
}

std::string nagios_line(Findings const& findings) {
  constexpr char const* states[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  auto const& c = findings.coverage;
  return fmt::format(
      "MUSTER {} - {} | failed={};;0;0 warned={};0;;0 drain={};;0;0 gpus={};;;0 gpus_judged={};;;0 "
      "nodes={};;;0 "
      "nodes_planned={};;;0\n",
      states[nagios_code(findings)], one_line(summary(findings)), count(findings, Severity::fail),
      count(findings, Severity::warn), findings.drains.size(), c.gpus, c.gpus_judged, c.nodes_seen,
      c.nodes_planned);
}

}  // namespace muster
