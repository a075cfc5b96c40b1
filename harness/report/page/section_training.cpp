// Training steps: what part of each goes where, which rank the others wait for, and the step over time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/quantities.hpp"
#include "harness/report/collective_table.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/stage_table.hpp"
#include "harness/report/step_table.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

struct Step {
  CaseResult const* result = nullptr;
  std::vector<StepPart> parts{};

  double seconds() const {
    return std::accumulate(parts.begin(), parts.end(), 0.0,
                           [](double sum, StepPart const& part) { return sum + part.seconds; });
  }
};

std::vector<Step> steps_of(Document const& document) {
  std::vector<Step> steps;
  for (auto const& result : document.cases) {
    Step step{&result, step_parts(result)};
    if (step.seconds() > 0) steps.push_back(std::move(step));
  }
  return steps;
}

/// The parts that any of them has, in the order of a step: one legend and one set of colours for all.
std::vector<std::string> part_names(std::vector<Step> const& steps) {
  auto names = step_part_names();
  std::erase_if(names, [&](std::string const& name) {
    return std::ranges::none_of(steps, [&](Step const& step) {
      return std::ranges::find(step.parts, name, &StepPart::name) != step.parts.end();
    });
  });
  return names;
}

// ---- parts, as bars on top of each other

constexpr double row = 44, bar_height = 16;

Markup bars(Step const& step, std::vector<std::string> const& names, Axis const& x, double top) {
  Markup all;
  double done = 0;
  for (auto const& part : step.parts) {
    double const share = 100 * part.seconds / step.seconds();
    auto const series = static_cast<std::size_t>(std::ranges::find(names, part.name) - names.begin());
    double const from = x.at(done), to = x.at(done + share);
    auto bar = svg_bar(series, {from, top}, std::max(to - from, 0.0), bar_height);
    all += element(
        "g",
        {element("title", fmt::format("{}: {}, {:.1f} %", part.name, human(part.seconds, "s"), share)), bar});
    done += share;
  }
  return all;
}

Markup parts_row(Step const& step, std::vector<std::string> const& names, Axis const& x, double top) {
  auto const time = human(step.seconds(), "s");
  double const room = x.to() - text_width(time) - 12;
  Markup all = svg_text({x.from(), top + 14}, fitting_middle(spoken_name(*step.result), room - x.from()));
  all += svg_text({x.to(), top + 14}, time, Anchor::end, "strong");
  all += bars(step, names, x, top + 20);
  return all;
}

Markup parts_drawing(std::vector<Step> const& steps, double width) {
  auto const names = part_names(steps);
  auto const legend = svg_legend(names, {0, 0}, width);
  double const top = legend.height + 6, bottom = top + row * static_cast<double>(steps.size());
  PlotArea const area{2, top, width - 14, bottom};
  auto const x = Axis::linear(0, 100, "", 5).titled("% of the step").onto(area.left, area.right);
  Markup content = legend.markup;
  content += svg_x_axis(area, x);
  double at = top;
  for (auto const& step : steps) {
    content += parts_row(step, names, x, at);
    at += row;
  }
  return svg({"Where the time of a training step goes", "A bar for each case, its parts from left to right."},
             width, bottom + 36, content);
}

// ---- matrices

Matrix const* matrix_of(CaseResult const& result, std::string_view name) {
  auto const found = std::ranges::find(result.matrices, name, &Matrix::name);
  bool const usable = found != result.matrices.end() && !found->rows.empty() &&
                      found->values.size() == found->rows.size() * found->columns.size();
  return usable ? &*found : nullptr;
}

/// Of a column, row by row; NaN becomes 0. Empty where there is no such column.
std::vector<double> column_of(Matrix const& matrix, std::string_view name) {
  auto const found = std::ranges::find(matrix.columns, name);
  std::vector<double> values;
  if (found == matrix.columns.end()) return values;
  auto const column = static_cast<std::size_t>(found - matrix.columns.begin());
  for (std::size_t i = 0; i < matrix.rows.size(); ++i) {
    double const value = matrix.values[i * matrix.columns.size() + column];
    values.push_back(std::isfinite(value) ? value : 0);
  }
  return values;
}

// ---- which rank the others wait for

constexpr std::size_t most_ranks = 32;  // more make no picture; the table has all

struct RankRow {
  std::string name;
  double compute = 0, waited = 0;
};

/// Who waits least comes first: the others wait for it.
std::vector<RankRow> rank_rows(Matrix const& matrix) {
  auto const compute = column_of(matrix, "compute"), waited = column_of(matrix, "waited");
  std::vector<RankRow> rows;
  if (compute.empty() || waited.empty()) return rows;
  for (std::size_t i = 0; i < matrix.rows.size(); ++i)
    rows.push_back({matrix.rows[i], compute[i], waited[i]});
  std::ranges::stable_sort(rows, {}, &RankRow::waited);
  if (rows.size() > most_ranks) rows.resize(most_ranks);
  return rows;
}

Markup ranks_drawing(std::vector<RankRow> const& ranks, double width) {
  constexpr double height_of_row = 22;
  double longest = 0;
  for (auto const& rank : ranks) longest = std::max(longest, rank.compute + rank.waited);
  auto const legend = svg_legend({"computes", "waits for later ranks"}, {0, 0}, width);
  double const top = legend.height + 6, bottom = top + height_of_row * static_cast<double>(ranks.size());
  PlotArea const area{66, top, width - 14, bottom};
  auto const x = Axis::linear(0, longest, "s", width < wide_width ? 4 : 8).onto(area.left, area.right);
  Markup content = legend.markup;
  content += svg_x_axis(area, x);
  double at = top + 4;
  for (auto const& [name, compute, waited] : ranks) {
    content += svg_text({0, at + 12}, fitting("rank " + name, 62));
    content += svg_bar(0, {x.from(), at}, x.at(compute) - x.from(), 14);
    content += svg_bar(1, {x.at(compute), at}, x.at(compute + waited) - x.at(compute), 14);
    at += height_of_row;
  }
  return svg({"Ranks of a training step", "How long each computes in a step, and waits for later ones."},
             width, bottom + 36, content);
}

Table ranks_table(Matrix const& matrix) {
  Table table{{{"rank"}}, {}};
  for (auto const& column : matrix.columns) table.columns.push_back({column, true});
  for (std::size_t i = 0; i < matrix.rows.size(); ++i) {
    table.rows.push_back({matrix.rows[i]});
    for (std::size_t k = 0; k < matrix.columns.size(); ++k) {
      double const value = matrix.values[i * matrix.columns.size() + k];
      table.rows.back().push_back(std::isfinite(value) ? human(value, "s") : "-");
    }
  }
  return table;
}

Markup ranks_block(CaseResult const& result) {
  auto const* matrix = matrix_of(result, "ranks");
  if (matrix == nullptr) return {};
  auto const rows = rank_rows(*matrix);
  if (rows.size() < 2) return {};
  auto const words = fact_of(result, "slowest_rank");
  auto const says = fmt::format("{}: {}.", spoken_name(result),
                                words.empty() ? "ranks, the one that waits least for others first" : words);
  return chart_block(says, in_both_widths([&](double width) { return ranks_drawing(rows, width); }),
                     ranks_table(*matrix), "ranks of " + result.name);
}

// ---- over time

Markup timeline_drawing(std::vector<double> const& begin, std::vector<double> const& median,
                        std::vector<double> const& longest, double width) {
  constexpr double height = 220;
  double const high = std::max(std::ranges::max(longest), std::ranges::max(median));
  auto const legend = svg_legend({"median step", "longest step"}, {0, 0}, width);
  auto const axis = Axis::linear(0, high * 1.05, "s", 4);
  auto const area = plot_area(width, height, axis, legend.height + 16);
  auto const x = Axis::linear(0, begin.back(), "s", width < wide_width ? 4 : 8)
                     .titled("time, s")
                     .onto(area.left + 6, area.right - 6);
  auto const y = axis.onto(area.bottom, area.top);
  Markup content = legend.markup;
  content += svg_axes(area, x, y);
  for (auto const& [series, values] : {std::pair{std::size_t{0}, &median}, {std::size_t{1}, &longest}}) {
    std::vector<Point> points;
    for (std::size_t i = 0; i < begin.size(); ++i) points.push_back({x.at(begin[i]), y.at((*values)[i])});
    content += svg_curve(series, points);
    for (std::size_t i = 0; i < points.size(); ++i)
      content += svg_marker(series, points[i], human((*values)[i], "s"), 3);
  }
  return svg({"Training steps over time", "Median and longest step of the slowest rank in slices of time."},
             width, height, content);
}

Table timeline_table(std::vector<double> const& begin, std::vector<double> const& median,
                     std::vector<double> const& longest) {
  Table table{{{"from", true}, {"median step", true}, {"longest step", true}}, {}};
  for (std::size_t i = 0; i < begin.size(); ++i)
    table.rows.push_back({human(begin[i], "s"), human(median[i], "s"), human(longest[i], "s")});
  return table;
}

Markup timeline_block(CaseResult const& result) {
  auto const* matrix = matrix_of(result, "timeline");
  if (matrix == nullptr || matrix->rows.size() < 3) return {};
  auto const begin = column_of(*matrix, "begin"), median = column_of(*matrix, "median"),
             longest = column_of(*matrix, "longest");
  if (begin.empty() || median.empty() || longest.empty() || begin.back() <= 0) return {};
  auto const words = fact_of(result, "steadiness");
  auto const says = fmt::format("{} over time{}{}.", spoken_name(result), words.empty() ? "" : ": ", words);
  return chart_block(
      says, in_both_widths([&](double width) { return timeline_drawing(begin, median, longest, width); }),
      timeline_table(begin, median, longest), "step times of " + result.name);
}

Markup findings_of(std::vector<Step> const& steps) {
  std::vector<std::string> lines;
  for (auto const& step : steps) {
    auto const finding = fact_of(*step.result, "finding");
    if (!finding.empty()) lines.push_back(fmt::format("{}: {}", spoken_name(*step.result), finding));
  }
  constexpr std::size_t most_lines = 40;
  return lines.empty() ? Markup() : capped_list(lines, most_lines);
}

}  // namespace

Markup training_section(ReportedResult const& result) {
  auto const steps = steps_of(result.document);
  if (steps.empty()) return {};
  Markup content = sentence(
      "The parts of a step on its compute lane, in order: waiting for a batch, forward, backward, waiting "
      "for "
      "sums of gradients that could not be hidden, the optimiser. Together they are the step.");
  content += findings_of(steps);
  content += element("figure", in_both_widths([&](double width) { return parts_drawing(steps, width); }));
  content += folded_table(step_table(result.document), "parts of every training step, and what limits it");
  for (auto const& step : steps) content += {ranks_block(*step.result), timeline_block(*step.result)};
  return content;
}

}  // namespace muster
