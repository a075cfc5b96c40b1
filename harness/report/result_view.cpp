#include "harness/report/result_view.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "harness/core/counted.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/statistics.hpp"
#include "harness/report/case_words.hpp"
#include "harness/report/collective_table.hpp"
#include "harness/report/matrix_view.hpp"
#include "harness/report/stage_table.hpp"
#include "harness/report/step_table.hpp"

namespace muster {
namespace {

/// How far the ranks lie apart: (best - worst) / median of each rank's median over launches. Ranks that sat
/// the case out have no figure.
std::string rank_spread(CaseResult const& result) {
  if (auto const& spread = result.rank_spread; spread && spread->ranks > 1 && spread->median > 0)
    return fmt::format("{:.1f} %", 100 * (spread->max - spread->min) / spread->median);
  // Where every node is a world of its own, each has a rank 0.
  std::map<std::pair<std::string, int>, std::vector<double>> by_rank;
  for (auto const& figures : result.rank_figures) {
    auto const world = result.worlds ? figures.node : "";
    if (figures.metric.median > 0) by_rank[{world, figures.rank}].push_back(figures.metric.median);
  }
  if (by_rank.size() < 2) return "";
  std::vector<double> medians;
  for (auto const& [rank, values] : by_rank) medians.push_back(median(values));
  auto const [low, high] = std::ranges::minmax(medians);
  return fmt::format("{:.1f} %", 100 * (high - low) / median(medians));
}

std::vector<std::string> text_row(CaseResult const& result) {
  auto const name = "  " + result.name + (result.tainted.empty() ? "" : " (tainted)");
  if (result.status != CaseStatus::ok) return {name, "-", "", std::string(words(result.status)), ""};
  auto const medians = launch_medians(result);
  return {name, human(median(medians), result.metric.unit), launch_spread(medians), limit_words(result),
          rank_spread(result)};
}

Table text_table(Document const& document) {
  Table table{{{""}, {"median", true}, {"launches", true}, {"of limit"}, {"over ranks", true}}, {}};
  for (auto const title : families()) {
    bool first = true;
    for (auto const& result : document.cases) {
      if (family_of(result) != title || is_collective(result)) continue;
      if (first) table.rows.push_back({std::string(title)});
      first = false;
      table.rows.push_back(text_row(result));
    }
  }
  return table;
}

/// " [rank 3 on node17]" where it is known who failed.
std::string who(Document const& document, CaseResult const& result) {
  auto const found = std::ranges::find_if(document.failures, [&](Failure const& failure) {
    return failure.case_name == result.name && failure.kind == result.status && failure.rank >= 0;
  });
  if (found == document.failures.end()) return {};
  return printable(
      fmt::format(" [rank {}{}{}]", found->rank, found->node.empty() ? "" : " on ", found->node));
}

/// Those that are not the reason of a taint.
std::vector<std::string> untold_warnings(CaseResult const& result) {
  auto warnings = result.warnings;
  std::erase_if(warnings, [&](std::string const& warning) {
    return std::ranges::find(result.tainted, warning) != result.tainted.end();
  });
  return warnings;
}

/// Which nodes the run is about, and why it is not about others.
std::string coverage_text(Document const& document) {
  if (!document.coverage) return {};
  auto const& coverage = *document.coverage;
  auto text = fmt::format("nodes: {} planned{}, {} answered, {} good\n", coverage.planned,
                          coverage.spares > 0 ? fmt::format(" and {} spare", coverage.spares) : "",
                          coverage.seen, coverage.good);
  for (auto const& node : coverage.excluded)
    text +=
        printable(fmt::format("  ! {} left out, in phase {}: {}", node.node, node.phase, node.reason)) + "\n";
  return text;
}

std::string worlds_text(CaseResult const& result) {
  if (result.status != CaseStatus::ok || !result.worlds || result.worlds->ok == result.worlds->planned)
    return {};
  auto const wrong = result.worlds->wrong > 0 ? fmt::format(", {} wrong", result.worlds->wrong) : "";
  return fmt::format("  ! {}: figures of {} of {}{}\n", result.name, result.worlds->ok,
                     counted(result.worlds->planned, "node"), wrong);
}

std::string remarks(Document const& document) {
  std::string text;
  std::size_t verified = 0, missing = 0;
  for (auto const& result : document.cases) {
    verified += result.status == CaseStatus::ok;
    missing += result.status != CaseStatus::ok;
    if (result.status != CaseStatus::ok)
      text += fmt::format("  ! {}: {}{}: {}\n", result.name, words(result.status), who(document, result),
                          printable(result.message));
    text += worlds_text(result);
    if (result.slower_together_percent) {
      text += fmt::format("  i {}: {:.1f} % slower with all ranks of the node at work than each alone\n",
                          result.name, *result.slower_together_percent);
    }
    for (auto const& reason : result.tainted)
      text += fmt::format("  ! {}: tainted, no clean figure: {}\n", result.name, printable(reason));
    for (auto const& warning : untold_warnings(result))
      text += fmt::format("  ! {}: {}\n", result.name, printable(warning));
  }
  auto const summary =
      missing == 0 ? fmt::format("all {} cases verified\n", verified)
                   : fmt::format("{} verified, {} without a figure\n", counted(verified, "case"), missing);
  return coverage_text(document) + summary + text;
}

std::string devices_of(Node const& node, std::string const& backend) {
  if (backend == "cuda" && !node.gpus.empty()) {
    auto text = fmt::format("{} x {}", node.gpus.size(), node.gpus.front().name);
    for (auto const& [name, value] : node.gpus.front().facts) {
      if (name == "driver") text += ", driver " + value;
    }
    return text;
  }
  return fmt::format("{}, {} cores, no GPU used", node.cpu.model, node.cpu.usable);
}

std::string optional_number(std::optional<double> const& number) {
  return number ? fmt::format("{:.2f}", *number) : "";
}

std::string figure_text(CaseResult const& result, std::string_view name) {
  auto const value = figure_of(result, name);
  return value ? fmt::format("{:.6g}", *value) : "";
}

}  // namespace

std::string headline(Document const& document) {
  auto text = fmt::format("muster {}", document.run.version);
  if (!document.nodes.empty()) {
    auto const& node = document.nodes.front();
    auto const more =
        document.nodes.size() > 1 ? " and " + counted(document.nodes.size() - 1, "more node") : "";
    text += fmt::format(" | {}{}: {}", node.name, more, devices_of(node, document.run.backend));
  }
  text += fmt::format(" | suite {}, {}, {}", document.run.suite, counted(document.run.planned_cases, "case"),
                      counted(document.run.launches, "launch", "launches"));
  if (!document.run.backend_reason.empty()) text += " | host backend: " + document.run.backend_reason;
  return printable(text);
}

std::string result_text(Document const& document) {
  auto const cases = text_table(document), collectives = collective_table(document),
             stages = stage_table(document), steps = step_table(document);
  auto text = cases.rows.empty() ? std::string() : render_text(cases);
  if (!collectives.rows.empty()) text += render_text(collectives);
  if (!stages.rows.empty()) text += render_text(stages);
  if (!steps.rows.empty()) text += render_text(steps);
  return text + matrices_text(document) + remarks(document);
}

namespace {

std::vector<Column> row_columns() {
  return {{"case"},
          {"backend"},
          {"ranks", true},
          {"status"},
          {"metric"},
          {"median", true},
          {"unit"},
          {"launches", true},
          {"bound"},
          {"bound_value", true},
          {"percent_of_bound", true},
          {"percent_at_clock", true},
          {"per_joule", true},
          {"time", true},
          {"time_p99", true},
          {"algorithm_bandwidth", true},
          {"wire_bandwidth", true},
          {"bottleneck"},
          {"without_bottleneck", true},
          {"stall_share", true},
          {"batch_time_p99", true},
          {"cpu_cores", true},
          {"accelerator_utilisation", true},
          {"step", true},
          {"step_input", true},
          {"step_communication", true},
          {"over_limit", true},
          {"model_flop_utilisation", true},
          {"finding"},
          {"tainted"},
          {"message"}};
}

std::vector<std::string> row_of(CaseResult const& result) {
  auto const medians = launch_medians(result);
  bool const has = result.status == CaseStatus::ok && !medians.empty();
  return {result.name,
          result.backend,
          std::to_string(result.ranks),
          std::string(name(result.status)),
          result.metric.name,
          has ? fmt::format("{}", median(medians)) : "",
          result.metric.unit,
          std::to_string(medians.size()),
          result.bound ? result.bound->name : "",
          result.bound ? fmt::format("{}", result.bound->value) : "",
          optional_number(result.percent_of_bound),
          optional_number(result.percent_at_clock),
          result.per_joule ? fmt::format("{:.6g}", *result.per_joule) : "",
          figure_text(result, "time"),
          figure_text(result, "time_p99"),
          figure_text(result, "algorithm_bandwidth"),
          figure_text(result, "wire_bandwidth"),
          fact_of(result, "bottleneck"),
          figure_text(result, "without_bottleneck"),
          figure_text(result, "stall_share"),
          figure_text(result, "batch_time_p99"),
          figure_text(result, "cpu_cores"),
          figure_text(result, "accelerator_utilisation"),
          figure_text(result, "step_mean"),
          figure_text(result, "part_input"),
          figure_text(result, "part_communication"),
          figure_text(result, "over_limit"),
          figure_text(result, "model_flop_utilisation"),
          fact_of(result, "finding"),
          fmt::format("{}", fmt::join(result.tainted, "; ")),
          result.message};
}

}  // namespace

Table result_rows(Document const& document) {
  Table table{row_columns(), {}};
  for (auto const& result : document.cases) table.rows.push_back(row_of(result));
  return table;
}

}  // namespace muster
