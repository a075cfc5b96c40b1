#include "harness/report/comparison_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <vector>

#include "harness/core/quantities.hpp"

#include "harness/core/counted.hpp"

namespace muster {
namespace {

std::string_view sign(CaseVerdict verdict) {
  switch (verdict) {
    case CaseVerdict::regressed:
      return "▼";
    case CaseVerdict::slower:
      return "▽";
    case CaseVerdict::improved:
      return "▲";
    case CaseVerdict::faster:
      return "△";
    case CaseVerdict::small:
      return "·";
    case CaseVerdict::equivalent:
      return "=";
    case CaseVerdict::suspect:
      return "?";
    case CaseVerdict::inconclusive:
      return "~";
    case CaseVerdict::added:
      return "+";
    case CaseVerdict::unsupported:
      return "-";
    default:
      return "!";
  }
}

/// With the prefix that the larger of both sides has, so that they can be held against each other at a
/// glance.
std::string figure_words(double value, double largest, std::string const& unit) {
  auto const scale = common_scale(largest, unit);
  if (scale.divisor == 1) return human(value, unit);
  int const before_point = static_cast<int>(std::floor(std::log10(largest / scale.divisor))) + 1;
  return fmt::format("{:.{}f} {}", value / scale.divisor, std::max(0, 4 - before_point), scale.unit);
}

std::string side_words(CaseComparison const& one, SideFigures const& side) {
  if (!side.status) return "-";
  if (side.launches.empty()) return std::string(words(*side.status));
  double const half = 50 * (side.interval.high - side.interval.low) / side.median;
  auto const figure =
      figure_words(side.median, std::max(one.base.median, one.candidate.median), one.metric.unit);
  return figure + (side.launches.size() > 1 ? fmt::format(" ±{:.1f} %", half) : "");
}

std::string ratio_words(CaseComparison const& one) {
  if (!one.ratio) return "-";
  if (!one.ratio_interval) return fmt::format("{:.3f}", *one.ratio);
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", *one.ratio, one.ratio_interval->low,
                     one.ratio_interval->high);
}

std::string chance_words(std::optional<double> const& q) {
  if (!q) return "-";
  return *q < 0.001 ? "<0.001" : fmt::format("{:.3f}", *q);
}

/// With the launches that would decide.
std::string case_verdict_words(CaseComparison const& one) {
  auto text = verdict_words(one.verdict);
  if (one.more_launches) text += fmt::format(" (n + {})", *one.more_launches);
  return text;
}

std::string count_words(CaseComparison const& one) {
  auto const base = one.base.launches.size(), candidate = one.candidate.launches.size();
  return base == candidate ? std::to_string(base) : fmt::format("{}, {}", base, candidate);
}

std::string side_line(char const* role, ComparedSide const& side) {
  return printable(fmt::format(
      "{}: {} ({}{})", role, side.label,
      side.runs.size() == 1 ? "run " + side.runs.front() : fmt::format("{} runs pooled", side.runs.size()),
      side.nodes == 0 ? "" : ", " + counted(side.nodes, "node")));
}

/// Does its reason say more than the verdict?
bool needs_a_word(CaseVerdict verdict) {
  return verdict != CaseVerdict::equivalent && verdict != CaseVerdict::unsupported &&
         verdict != CaseVerdict::inconclusive && verdict != CaseVerdict::missing &&
         verdict != CaseVerdict::added;
}

/// They all have one reason: the table says of each how many launches would tell.
std::string inconclusive_line(Comparison const& comparison) {
  auto const count =
      std::ranges::count(comparison.cases, CaseVerdict::inconclusive, &CaseComparison::verdict);
  return fmt::format(
      "{} {} inconclusive: too few launches, or too unsteady ones; (n + 3): 3 more of each side would tell",
      sign(CaseVerdict::inconclusive), count);
}

std::vector<std::string> reason_lines(Comparison const& comparison) {
  std::vector<std::string> lines;
  for (auto const& one : comparison.cases) {
    if (needs_a_word(one.verdict))
      lines.push_back(printable(fmt::format("{} {}: {}", sign(one.verdict), one.name, one.reason)));
  }
  if (std::ranges::find(comparison.cases, CaseVerdict::inconclusive, &CaseComparison::verdict) !=
      comparison.cases.end())
    lines.push_back(inconclusive_line(comparison));
  return lines;
}

std::vector<std::string> mean_lines(Comparison const& comparison) {
  std::vector<std::string> lines;
  for (auto const& mean : comparison.means) {
    lines.push_back(printable(fmt::format("geometric mean of {} ({}): {:.4f}, {} of {} rows", mean.metric,
                                          mean.unit, mean.ratio, mean.rows, mean.of)));
  }
  return lines;
}

std::string indented(std::vector<std::string> const& lines, char const* before) {
  std::string text;
  for (auto const& line : lines) text += before + line + "\n";
  return text;
}

std::vector<std::string> note_lines(Comparison const& comparison) {
  std::vector<std::string> lines;
  for (auto const& note : comparison.notes) lines.push_back("! " + printable(note));
  return lines;
}

std::string number(std::optional<double> const& value) { return value ? fmt::format("{}", *value) : ""; }

std::vector<std::string> side_cells(SideFigures const& side) {
  auto const status = side.status ? std::string(name(*side.status)) : "";
  if (side.launches.empty()) return {status, "", "", "", "0"};
  return {status, fmt::format("{}", side.median), fmt::format("{}", side.interval.low),
          fmt::format("{}", side.interval.high), std::to_string(side.launches.size())};
}

std::vector<std::string> csv_row(Comparison const& comparison, CaseComparison const& one) {
  auto const interval = one.ratio_interval;
  std::vector<std::string> row{
      comparison.base.label,
      comparison.candidate.label,
      std::string(name(comparison.comparability)) + (comparison.forced ? ", forced" : ""),
      one.name,
      one.metric.name,
      one.metric.unit,
      std::string(name(one.verdict)),
      number(one.ratio),
      interval ? number(interval->low) : "",
      interval ? number(interval->high) : "",
      number(one.p),
      number(one.q),
      fmt::format("{}", one.margin)};
  for (auto const* side : {&one.base, &one.candidate}) {
    auto const cells = side_cells(*side);
    row.insert(row.end(), cells.begin(), cells.end());
  }
  row.push_back(one.reason);
  for (auto& cell : row) cell = printable(cell);
  return row;
}

constexpr std::array csv_titles{"base",
                                "candidate",
                                "comparability",
                                "case",
                                "metric",
                                "unit",
                                "verdict",
                                "ratio",
                                "ratio_low",
                                "ratio_high",
                                "p",
                                "q",
                                "margin",
                                "base_status",
                                "base_median",
                                "base_low",
                                "base_high",
                                "base_launches",
                                "candidate_status",
                                "candidate_median",
                                "candidate_low",
                                "candidate_high",
                                "candidate_launches",
                                "reason"};

}  // namespace

Table comparison_cases(Comparison const& comparison) {
  Table table{{{"case"},
               {comparison.base.label, true},
               {comparison.candidate.label, true},
               {"ratio [95 %]"},
               {"verdict"},
               {"n", true},
               {"q", true}},
              {}};
  table.columns[1].title = printable(table.columns[1].title);
  table.columns[2].title = printable(table.columns[2].title);
  table.columns[3].title = fmt::format("ratio [{:g} %]", 100 * (1 - comparison.alpha));
  for (auto const& one : comparison.cases) {
    table.rows.push_back({one.name, side_words(one, one.base), side_words(one, one.candidate),
                          ratio_words(one), case_verdict_words(one), count_words(one), chance_words(one.q)});
  }
  return table;
}

Table comparison_differences(Comparison const& comparison) {
  Table table{{{"differs"}, {comparison.base.label}, {comparison.candidate.label}, {""}}, {}};
  for (auto& column : table.columns) column.title = printable(column.title);
  for (auto const& one : comparison.differences)
    table.rows.push_back({one.what, one.base, one.candidate, one.blocks ? "not comparable" : ""});
  return table;
}

std::string comparability_words(Comparison const& comparison) {
  auto text = fmt::format("environment: {}", name(comparison.comparability));
  if (comparison.comparability == Comparability::incomparable)
    text += comparison.forced
                ? ", compared all the same (--force-incomparable): ratios say nothing about either"
                : " (--force-incomparable compares all the same, and says so)";
  return text;
}

std::string comparison_summary(Comparison const& comparison) {
  std::map<CaseVerdict, int> counts;
  for (auto const& one : comparison.cases) ++counts[one.verdict];
  std::vector<std::string> parts;
  for (auto const& [verdict, count] : counts) parts.push_back(fmt::format("{} {}", count, name(verdict)));
  return fmt::format("{}: {}; {} of them corrected for together (alpha {:g}{})",
                     counted(comparison.cases.size(), "case"), fmt::join(parts, ", "), comparison.family,
                     comparison.alpha, comparison.confirmed ? ", half of it for each stage" : "");
}

std::string verdict_words(CaseVerdict verdict) {
  std::string text(name(verdict));
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return fmt::format("{} {}", sign(verdict), text);
}

std::string comparison_text(Comparison const& comparison) {
  auto text = fmt::format("{}\n{}\n{}\n", side_line("base", comparison.base),
                          side_line("candidate", comparison.candidate), comparability_words(comparison));
  if (!comparison.differences.empty()) text += render_text(comparison_differences(comparison));
  text += indented(note_lines(comparison), "  ") + "\n" + render_text(comparison_cases(comparison)) + "\n";
  text += indented(reason_lines(comparison), "  ") + indented(mean_lines(comparison), "");
  return text + comparison_summary(comparison) + "\n";
}

std::string comparison_markdown(Comparison const& comparison) {
  auto const heading = Table{{{fmt::format("{}, {}", side_line("base", comparison.base),
                                           side_line("candidate", comparison.candidate))}},
                             {}};
  auto text = render_markdown(heading) + "\nenvironment: " + comparability_words(comparison) + "\n\n";
  if (!comparison.differences.empty()) text += render_markdown(comparison_differences(comparison)) + "\n";
  text += render_markdown(comparison_cases(comparison)) + "\n";
  Table remarks{{{"#", true}, {"remark"}}, {}};
  for (auto const& lines : {note_lines(comparison), reason_lines(comparison), mean_lines(comparison)}) {
    for (auto const& line : lines) remarks.rows.push_back({std::to_string(remarks.rows.size() + 1), line});
  }
  if (!remarks.rows.empty()) text += render_markdown(remarks) + "\n";
  return text + comparison_summary(comparison) + "\n";
}

std::string comparison_csv(Comparison const& comparison, bool heading) {
  Table table;
  for (auto const* title : csv_titles) table.columns.push_back({title});
  for (auto const& one : comparison.cases) table.rows.push_back(csv_row(comparison, one));
  auto const text = render_csv(table);
  return heading ? text : text.substr(text.find('\n') + 1);
}

}  // namespace muster
