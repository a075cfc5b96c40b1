// The same case with different numbers of ranks.
#include <fmt/format.h>

#include <algorithm>

#include "harness/core/quantities.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

struct Curve {
  std::string name;
  CaseResult const* first = nullptr;
  std::vector<std::pair<double, double>> points{};  ///< ranks, figure
};

/// The name without how many nodes take part.
std::string name_without_nodes(CaseResult const& result) {
  std::string name;
  for (std::size_t start = 0; start <= result.name.size();) {
    auto const end = std::min(result.name.find('/', start), result.name.size());
    auto const part = result.name.substr(start, end - start);
    if (!part.starts_with("nodes:") && !part.starts_with("ranks:")) name += (name.empty() ? "" : "/") + part;
    start = end + 1;
  }
  return name;
}

/// Samples of all ranks together are shared out; every other figure is one rank's as it stands.
double of_one_rank(CaseResult const& result, double value) {
  bool const together = result.workload == "train_step" || result.workload == "dataload/training";
  return together && result.ranks > 0 ? value / result.ranks : value;
}

std::vector<Curve> curves_of(Document const& document) {
  std::vector<Curve> curves;
  for (auto const& result : document.cases) {
    auto const value = figure_value(result);
    if (!value || !is_clean(result)) continue;
    auto const name = name_without_nodes(result);
    auto found = std::ranges::find_if(curves, [&](Curve const& curve) {
      return curve.name == name && curve.first->backend == result.backend;
    });
    if (found == curves.end()) found = curves.insert(curves.end(), Curve{name, &result});
    if (std::ranges::find(found->points, result.ranks, [](auto const& p) { return p.first; }) ==
        found->points.end())
      found->points.emplace_back(result.ranks, of_one_rank(result, *value));
  }
  std::erase_if(curves, [](Curve const& curve) { return curve.points.size() < 2; });
  for (auto& curve : curves) std::ranges::sort(curve.points);
  return curves;
}

std::string says(Curve const& curve) {
  auto const& [few, first] = curve.points.front();
  auto const& [many, last] = curve.points.back();
  return fmt::format("{}: {} on {:.0f} ranks is {:.0f} % of the {} on {:.0f}.", curve.name,
                     human(last, curve.first->metric.unit), many, 100 * last / first,
                     human(first, curve.first->metric.unit), few);
}

Markup drawing(Curve const& curve) {
  constexpr double width = narrow_width, height = 220;
  std::vector<double> ranks;
  double high = 0;
  for (auto const& [count, value] : curve.points) {
    ranks.push_back(count);
    high = std::max(high, value);
  }
  auto const axis = Axis::linear(0, high * 1.1, curve.first->metric.unit, 4);
  auto const area = plot_area(width, height, axis, 4);
  auto const x = Axis::counts(ranks).titled("ranks").onto(area.left + 8, area.right - 8);
  auto const y = axis.onto(area.bottom, area.top);
  std::vector<Point> points;
  Markup marks;
  for (auto const& [count, value] : curve.points) {
    points.push_back({x.at(count), y.at(value)});
    marks += svg_marker(0, points.back(),
                        fmt::format("{:.0f} ranks: {}", count, human(value, curve.first->metric.unit)));
  }
  Markup content = svg_axes(area, x, y);
  double const even = y.at(curve.points.front().second);
  content += svg_line({area.left, even}, {area.right, even}, "limit");
  content += {svg_curve(0, points), marks};
  return svg({"Scaling of " + curve.name, says(curve)}, width, height, content);
}

Table table_of(std::vector<Curve> const& curves) {
  Table table{{{"ranks"}, {"figure", true}, {"of the first", true}}, {}};
  for (auto const& curve : curves) {
    table.rows.push_back({curve.name});
    for (auto const& [count, value] : curve.points)
      table.rows.push_back({fmt::format("{:.0f}", count), human(value, curve.first->metric.unit),
                            fmt::format("{:.0f} %", 100 * value / curve.points.front().second)});
  }
  return table;
}

}  // namespace

Markup scaling_section(ReportedResult const& result) {
  constexpr std::size_t most = 24;
  auto const curves = curves_of(result.document);
  if (curves.empty()) return {};
  Markup cells;
  for (std::size_t i = 0; i < std::min(curves.size(), most); ++i) {
    Markup figure = element("figcaption", {{"class", "says"}}, says(curves[i]));
    figure += drawing(curves[i]);
    cells += element("div", element("figure", figure));
  }
  Markup content = sentence(
      "Figures are those of one rank (of bus bandwidth: which does not depend on their number), so "
      "the dashed line is what no loss would look like.");
  content += element("div", {{"class", "cells"}}, cells);
  content += folded_table(table_of(curves), "figures by number of ranks");
  return content;
}

}  // namespace muster
