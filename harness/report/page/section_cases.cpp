// Every case: its figure, and how much of its limit it reaches.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <span>

#include "harness/core/counted.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/statistics.hpp"
#include "harness/report/case_words.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

using Cases = std::vector<CaseResult const*>;

constexpr double passed = 105;  // percent of a limit: more is no scatter
constexpr std::size_t rows_of_drawing = 30, most_drawn = 240;

struct Layout {
  double row, name_room, value_room;
  bool above;  ///< a phone has no room beside: names stand above
};
Layout layout_for(double width) {
  return width < wide_width ? Layout{40, 0, 118, true} : Layout{26, 250, 150, false};
}

std::string value_words(CaseResult const& result) {
  auto const value = figure_value(result);
  if (!value) return std::string(words(result.status));
  return human(*value, result.metric.unit) + (result.tainted.empty() ? "" : ", tainted");
}

double highest_percent(std::span<CaseResult const* const> cases) {
  double high = 100;
  for (auto const* result : cases)
    high = std::max({high, result->percent_of_bound.value_or(0), result->percent_at_clock.value_or(0)});
  return std::min(high, 200.0);
}

Markup bar_of(CaseResult const& result, Axis const& x, double middle) {
  if (!figure_value(result) || !result.percent_of_bound) return {};
  Markup bar = svg_bar(result.tainted.empty() ? 0 : 3, {x.from(), middle - 6},
                       x.at(*result.percent_of_bound) - x.from(), 12);
  if (result.percent_at_clock)
    bar += svg_marker(3, {x.at(*result.percent_at_clock), middle},
                      fmt::format("{:.1f} % at the clock that it ran at", *result.percent_at_clock), 4.5);
  return bar;
}

Markup case_row(CaseResult const& result, Axis const& x, double top, double width, Layout const& layout) {
  double const middle = layout.above ? top + 27 : top + layout.row / 2;
  auto const name = spoken_name(result);
  Markup row = layout.above ? svg_text({0, top + 13}, fitting_middle(name, width))
                            : svg_text({0, middle + 4}, fitting_middle(name, layout.name_room - 12));
  if (result.percent_of_bound) row += svg_line({x.from(), middle}, {x.to(), middle}, "grid");
  row += bar_of(result, x, middle);
  row +=
      svg_text({width, middle + 4}, fitting(value_words(result), layout.value_room), Anchor::end, "strong");
  return row;
}

Markup drawing(std::span<CaseResult const* const> cases, double width) {
  auto const layout = layout_for(width);
  double const height = 4 + layout.row * static_cast<double>(cases.size()) + 36;
  PlotArea const area{layout.name_room, 4, width - layout.value_room, height - 36};
  auto const x =
      Axis::linear(0, highest_percent(cases), "", 5).onto(area.left + 4, area.right).titled("% of limit");
  Markup content;
  if (std::ranges::any_of(cases, [](auto const* one) { return one->percent_of_bound.has_value(); }))
    content = {svg_x_axis(area, x), svg_line({x.at(100), area.top}, {x.at(100), area.bottom}, "limit")};
  double top = area.top;
  for (auto const* result : cases) {
    content += case_row(*result, x, top, width, layout);
    top += layout.row;
  }
  return svg({"Cases against their limits",
              "One row a case: how many percent of its limit it reaches, and its figure."},
             width, height, content);
}

Cases of_family(Document const& document, std::string_view family) {
  Cases cases;
  for (auto const& result : document.cases) {
    if (family_of(result) == family) cases.push_back(&result);
  }
  return cases;
}

std::vector<std::string> row_of(CaseResult const& result) {
  auto const value = figure_value(result);
  if (!value) return {result.name, std::string(words(result.status)), "", "", "", ""};
  auto const medians = launch_medians(result);
  return {result.name,
          human(*value, result.metric.unit),
          launch_spread(medians),
          std::to_string(medians.size()),
          limit_words(result),
          std::string(is_verified(result) ? "verified" : "not verified") +
              (result.tainted.empty() ? "" : ", tainted")};
}

Table table_of(Document const& document) {
  Table table{{{"case"},
               {"median", true},
               {"launches differ by", true},
               {"launches", true},
               {"of limit"},
               {"answer"}},
              {}};
  for (auto const family : families()) {
    auto const cases = of_family(document, family);
    if (!cases.empty()) table.rows.push_back({std::string(family)});
    for (auto const* result : cases) table.rows.push_back(row_of(*result));
  }
  return table;
}

/// Cases with clean figures and a limit, the nearest to it first.
Cases by_percent(Document const& document) {
  Cases cases;
  for (auto const& result : document.cases) {
    if (is_clean(result) && result.percent_of_bound) cases.push_back(&result);
  }
  std::ranges::stable_sort(cases, std::greater{},
                           [](auto const* result) { return *result->percent_of_bound; });
  return cases;
}

/// Nearest to their limits, farthest from them, and those that pass limits which were measured themselves.
std::string says(Document const& document) {
  auto cases = by_percent(document);
  if (cases.empty()) return "No case here has a known limit.";
  auto const beyond =
      std::erase_if(cases, [](auto const* result) { return *result->percent_of_bound > passed; });
  std::string text;
  if (!cases.empty())
    text =
        fmt::format("Nearest to its limit is {} ({}); farthest from it {} ({}).", spoken_name(*cases.front()),
                    limit_words(*cases.front()), spoken_name(*cases.back()), limit_words(*cases.back()));
  if (cases.size() == 1)
    text = fmt::format("{} reaches {}.", spoken_name(*cases.front()), spoken_figure(*cases.front()));
  if (beyond > 0)
    text +=
        fmt::format(" {} a limit that was measured by itself.", counted(beyond, "case passes", "cases pass"));
  return text +
         " Bars: percent of the limit; diamonds: of the limit at the clock that the device really ran at.";
}

/// Those with a figure; the others are told of where failures are.
Markup charts_of(Cases cases) {
  std::erase_if(cases, [](auto const* result) { return !figure_value(*result); });
  Markup charts;
  auto const shown = std::span<CaseResult const* const>(cases).first(std::min(cases.size(), most_drawn));
  for (std::size_t first = 0; first < shown.size(); first += rows_of_drawing) {
    auto const some = shown.subspan(first, std::min(rows_of_drawing, shown.size() - first));
    charts += in_both_widths([some](double width) { return drawing(some, width); });
  }
  return charts;
}

}  // namespace

Markup cases_section(ReportedResult const& result) {
  if (result.document.cases.empty()) return {};
  Markup charts;
  for (auto const family : families()) {
    auto const drawn = charts_of(of_family(result.document, family));
    if (!drawn.empty()) charts += {element("h4", family), drawn};
  }
  return chart_block(says(result.document), charts, table_of(result.document), "all cases");
}

}  // namespace muster
