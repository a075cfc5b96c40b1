// What a check found against parts.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <tuple>

#include "harness/core/counted.hpp"
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

/// Findings of one kind against GPUs of one node, or one of anything else; the worst first.
using Group = std::vector<CheckFinding const*>;

/// In the order of the nodes' worst.
std::vector<Group> groups_of(Findings const& findings) {
  std::map<std::string, std::vector<Group>> of_node;
  std::vector<std::string> order;
  for (auto const& finding : findings.findings) {
    auto const& subject = finding.subject;
    bool const gpu = subject.kind == Subject::Kind::gpu;
    auto const place = subject.kind == Subject::Kind::link ? words(subject) : subject.node;
    auto const [at, fresh] = of_node.try_emplace(place);
    if (fresh) order.push_back(place);
    auto const same = std::ranges::find_if(at->second, [&](Group const& group) {
      auto const& first = *group.front();
      return gpu && first.subject.kind == subject.kind && first.kind == finding.kind &&
             first.severity == finding.severity;
    });
    if (same == at->second.end())
      at->second.push_back({&finding});
    else
      same->push_back(&finding);
  }
  std::vector<Group> groups;
  for (auto const& place : order) groups.insert(groups.end(), of_node[place].begin(), of_node[place].end());
  return groups;
}

template <class Value>
std::size_t different(Group const& group, Value const& value) {
  std::set<std::decay_t<decltype(value(*group.front()))>> values;
  for (auto const* finding : group) values.insert(value(*finding));
  return values.size();
}

double deviation(CheckFinding const* finding) { return std::abs(finding->deviation.value_or(0)); }

std::vector<std::string> row_of(Group const& group) {
  auto const& worst = **std::ranges::max_element(group, {}, deviation);
  auto const gpus = different(
      group, [](CheckFinding const& one) { return std::pair(one.subject.device, one.subject.uuid); });
  auto const cases = different(group, [](CheckFinding const& one) { return one.cases; });
  auto const part = gpus == 1 ? words(worst.subject)
                              : fmt::format("{} of node {}", counted(gpus, "GPU"), worst.subject.node);
  return {part, kind_words(worst),
          cases == 1 ? worst.cases : fmt::format("{}, and {}", worst.cases, counted(cases - 1, "other")),
          worst.deviation ? fmt::format("{:+.1f} %", 100 * *worst.deviation) : "",
          gpus == 1 ? worst.evidence
                    : fmt::format("the worst, GPU {}: {}", worst.subject.device, worst.evidence)};
}

/// What a person acts on; the rest is in the folded table.
Table short_table(Findings const& findings) {
  Table table{{{"part"}, {"what"}, {"in"}, {"off", true}, {"evidence"}}, {}};
  auto const groups = groups_of(findings);
  for (auto const& group : std::span(groups).first(std::min(groups.size(), most_rows)))
    table.rows.push_back(row_of(group));
  if (groups.size() > most_rows)
    table.rows.push_back({fmt::format("and {} more: muster check prints all", groups.size() - most_rows)});
  return table;
}

/// May a check without a finding be called good, or is there a part that it knows nothing of?
bool all_judged(ReportedResult const& result) {
  auto const& coverage = result.findings->coverage;
  bool const gpus =
      std::ranges::any_of(result.document.nodes, [](Node const& node) { return !node.gpus.empty(); });
  return result.remarks.empty() && coverage.gpus_judged == coverage.gpus && (coverage.gpus > 0 || !gpus);
}

std::string judged_words(CheckCoverage const& coverage) {
  if (coverage.gpus_judged == 0) return ", but no GPU was judged by its speed";
  if (coverage.gpus_judged == coverage.gpus) return ", of what could be read";
  return fmt::format(", but only {} of {} judged by their speed", coverage.gpus_judged,
                     counted(coverage.gpus, "GPU"));
}

Markup findings_block(Findings const& findings) {
  if (findings.findings.empty()) return sentence("Nothing was found against any part.");
  auto full = findings_table(findings);
  full.rows.resize(std::min(full.rows.size(), most_rows));
  return {html_table(short_table(findings),
                     fmt::format("Findings, the worst first ({})", findings.findings.size())),
          folded_table(full, "findings with their figures and what to do", Paper::never)};
}

/// Long sources stand once, below the table; which device it is beyond its number is in the folded tables.
Markup expectations_block(Findings const& findings) {
  auto table = expectations_table(findings);
  if (table.rows.empty()) return {};
  std::vector<std::string> sources;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    auto& row = table.rows[i];
    auto const known = std::ranges::find(sources, row.back());
    auto const number = known - sources.begin() + 1;
    if (known == sources.end()) sources.push_back(row.back());
    row.back() = fmt::format("[{}]", number);
    auto const& worst = findings.expectations[i].worst_subject;
    if (worst.kind == Subject::Kind::gpu) row[8] = fmt::format("{} GPU {}", worst.node, worst.device);
  }
  Markup block = html_table(table, "Expectations of " + findings.cluster);
  for (std::size_t i = 0; i < sources.size(); ++i)
    block += element("p", {{"class", "says"}}, fmt::format("[{}] {}", i + 1, sources[i]));
  return block;
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
  bool const pass = findings.verdict == CheckVerdict::pass, judged = all_judged(result);
  std::string const kind = findings.verdict == CheckVerdict::fail ? "bad"
                           : pass && !found && judged             ? "good"
                                                                  : "warn";
  auto const failing = std::ranges::count(findings.findings, Severity::fail, &CheckFinding::severity);
  auto word = fmt::format("{} Check: {}",
                          kind == "bad"    ? "✗"
                          : kind == "good" ? "✓"
                                           : "!",
                          name(findings.verdict));
  if (failing > 0)
    word += fmt::format(", {} against parts; the worst: {}", counted(failing, "finding"),
                        words(findings.findings.front().subject));
  if (pass && !judged) word += judged_words(findings.coverage);
  Markup content = element("p", {{"class", "word"}}, word);
  if (!findings.drains.empty())
    content += element("p", counted(findings.drains.size(), "node") + " to take out of use.");
  return element("div", {{"class", "verdict " + kind}}, content);
}

Markup findings_section(ReportedResult const& result) {
  if (!result.findings) return {};
  auto const& findings = *result.findings;
  Markup content = element("p", {{"class", "says"}}, lines_of(coverage_words(findings)));
  content += findings_block(findings);
  content += expectations_block(findings);
  content += drains_block(findings);
  return content;
}

}  // namespace muster
