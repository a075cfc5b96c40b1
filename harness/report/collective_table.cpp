#include "harness/report/collective_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/quantities.hpp"
#include "harness/core/statistics.hpp"
#include "harness/report/case_words.hpp"

namespace muster {
namespace {

std::string human_figure(CaseResult const& result, std::string_view name, std::string_view unit) {
  auto const value = figure_of(result, name);
  return value ? human(*value, std::string(unit)) : "";
}

/// "RING SIMPLE", where NCCL told.
std::string chosen(CaseResult const& result) {
  std::string text;
  for (auto const& [name, value] : result.facts) {
    if (name == "algorithm" || name == "protocol") text += (text.empty() ? "" : " ") + value;
  }
  return text;
}

std::vector<std::string> row_of(CaseResult const& result) {
  auto const name = "  " + result.name + (result.tainted.empty() ? "" : " (tainted)");
  if (result.status != CaseStatus::ok)
    return {name, "-", "", "", "", "", "", "", "", std::string(words(result.status))};
  auto const medians = launch_medians(result);
  return {name,
          human(median(medians), result.metric.unit),
          human_figure(result, "algorithm_bandwidth", "B/s"),
          human_figure(result, "wire_bandwidth", "B/s"),
          human_figure(result, "time", "s"),
          human_figure(result, "time_p99", "s"),
          human_figure(result, "nccl_estimate", "s"),
          launch_spread(medians),
          chosen(result),
          limit_words(result)};
}

/// Columns that hold nothing in any row only take room.
Table without_empty_columns(Table const& table) {
  Table kept;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    bool const used =
        c == 0 || std::ranges::any_of(table.rows, [c](auto const& row) { return !row[c].empty(); });
    if (!used) continue;
    kept.columns.push_back(table.columns[c]);
    kept.rows.resize(table.rows.size());
    for (std::size_t r = 0; r < table.rows.size(); ++r) kept.rows[r].push_back(table.rows[r][c]);
  }
  return kept;
}

}  // namespace

bool is_collective(CaseResult const& result) { return result.workload.starts_with("collective/"); }

std::optional<double> figure_of(CaseResult const& result, std::string_view name) {
  auto const found = std::ranges::find(result.figures, name, &Figure::name);
  return found == result.figures.end() ? std::nullopt : std::optional(found->value);
}

Table collective_table(Document const& document) {
  Table table{{{""},
               {"bus", true},
               {"algorithm", true},
               {"wire", true},
               {"time", true},
               {"p99", true},
               {"NCCL's guess", true},
               {"launches", true},
               {"by"},
               {"of limit"}},
              {}};
  for (auto const& result : document.cases) {
    if (is_collective(result)) table.rows.push_back(row_of(result));
  }
  if (table.rows.empty()) return table;
  auto shown = without_empty_columns(table);
  shown.rows.insert(shown.rows.begin(), {"network"});
  return shown;
}

}  // namespace muster
