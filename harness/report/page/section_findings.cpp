// What a check found against parts.
#include <fmt/format.h>

#include <algorithm>

#include "harness/report/findings_view.hpp"
#include "harness/report/page/sections.hpp"

namespace muster {
namespace {

constexpr std::size_t most_rows = 100;

/// "fail: below fleet".
std::string kind_words(CheckFinding const& finding) {
  auto text = fmt::format("{}: {}", name(finding.severity), name(finding.kind));
  std::ranges::replace(text, '_', ' ');
  return text;
}

/// What a person acts on; the rest is in the folded table.
Table short_table(Findings const& findings) {
  Table table{{{"part"}, {"what"}, {"in"}, {"off", true}, {"evidence"}}, {}};
  for (std::size_t i = 0; i < std::min(findings.findings.size(), most_rows); ++i) {
    auto const& finding = findings.findings[i];
    table.rows.push_back({words(finding.subject), kind_words(finding), finding.cases,
                          finding.deviation ? fmt::format("{:+.1f} %", 100 * *finding.deviation) : "",
                          finding.evidence});
  }
  if (findings.findings.size() > most_rows)
    table.rows.push_back(
        {fmt::format("and {} more: muster check prints all", findings.findings.size() - most_rows)});
  return table;
}

Markup findings_block(Findings const& findings) {
  if (findings.findings.empty()) return sentence("Nothing was found against any part.");
  auto full = findings_table(findings);
  full.rows.resize(std::min(full.rows.size(), most_rows));
  return {html_table(short_table(findings),
                     fmt::format("Findings, the worst first ({})", findings.findings.size())),
          folded_table(full, "findings with their figures and what to do", Paper::never)};
}

Markup drains_block(Findings const& findings) {
  auto const lines = drain_lines(findings);
  if (lines.empty()) return {};
  return {element("h4", "To take them out of use (nothing was done)"), element("pre", lines_of(lines))};
}

}  // namespace

Markup findings_box(ReportedResult const& result) {
  if (!result.findings) return {};
  auto const& findings = *result.findings;
  bool const found = !findings.findings.empty();
  std::string const kind = findings.verdict == CheckVerdict::fail             ? "bad"
                           : findings.verdict == CheckVerdict::pass && !found ? "good"
                                                                              : "warn";
  auto const failing = std::ranges::count(findings.findings, Severity::fail, &CheckFinding::severity);
  auto word = fmt::format("{} Check: {}",
                          kind == "bad"    ? "✗"
                          : kind == "good" ? "✓"
                                           : "!",
                          name(findings.verdict));
  if (failing > 0)
    word += fmt::format(", {} {} against parts; the worst: {}", failing,
                        failing == 1 ? "finding" : "findings", words(findings.findings.front().subject));
  Markup content = element("p", {{"class", "word"}}, word);
  if (!findings.drains.empty())
    content += element("p", fmt::format("{} {} to take out of use.", findings.drains.size(),
                                        findings.drains.size() == 1 ? "node" : "nodes"));
  return element("div", {{"class", "verdict " + kind}}, content);
}

Markup findings_section(ReportedResult const& result) {
  if (!result.findings) return {};
  auto const& findings = *result.findings;
  Markup content = element("p", {{"class", "says"}}, lines_of(coverage_words(findings)));
  content += findings_block(findings);
  auto const expectations = expectations_table(findings);
  if (!expectations.rows.empty()) content += html_table(expectations, "Expectations of " + findings.cluster);
  content += drains_block(findings);
  return content;
}

}  // namespace muster
