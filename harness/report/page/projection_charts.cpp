#include "harness/report/page/projection_charts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/core/quantities.hpp"
#include "harness/report/projection_table.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

using project::ProjectedStep;
using project::Projection;
using project::Sensitivity;

/// Of one workload and scenario, by rising nodes.
using Curve = std::vector<ProjectedStep const*>;

Curve curve_of(Projection const& projection, std::string const& workload, std::string const& scenario) {
  Curve curve;
  for (auto const& step : projection.steps) {
    if (step.workload == workload && step.scenario == scenario) curve.push_back(&step);
  }
  std::ranges::sort(curve, {}, &ProjectedStep::nodes);
  return curve;
}

struct Extent {
  std::vector<double> nodes;
  double high = 0;  ///< of the rate of a node
};

Extent extent_of(std::vector<Curve> const& curves) {
  Extent extent;
  std::set<double> nodes;
  for (auto const& curve : curves) {
    for (auto const* step : curve) {
      nodes.insert(step->nodes);
      extent.high = std::max(extent.high, step->useful_rate.p90 / step->nodes);
    }
  }
  extent.nodes.assign(nodes.begin(), nodes.end());
  return extent;
}

/// Rates stand as those of one node: on all nodes' own scale what is lost could not be seen.
struct Frame {
  PlotArea area;
  Axis x, y;
  Point at(int nodes, double rate) const { return {x.at(nodes), y.at(rate / nodes)}; }
};

Markup band_of(Frame const& frame, Curve const& curve) {
  std::vector<Point> upper, lower;
  for (auto const* step : curve) {
    upper.push_back(frame.at(step->nodes, step->useful_rate.p90));
    lower.push_back(frame.at(step->nodes, step->useful_rate.p10));
  }
  return svg_band(upper, lower);
}

std::string hint(ProjectedStep const& step) {
  return fmt::format("{} node{}, {}: {} ({} to {}), {}", step.nodes, step.nodes == 1 ? "" : "s",
                     step.scenario, human(step.useful_rate.p50, "samples/s"),
                     human(step.useful_rate.p10, "samples/s"), human(step.useful_rate.p90, "samples/s"),
                     step.measured ? "as given" : "projected");
}

Markup line_of(Frame const& frame, Curve const& curve, std::size_t series) {
  std::vector<Point> points;
  Markup marks;
  for (auto const* step : curve) {
    points.push_back(frame.at(step->nodes, step->useful_rate.p50));
    marks += svg_marker(series, points.back(), hint(*step), step->measured ? 7 : 3);
  }
  return {svg_curve(series, points), marks};
}

/// What no loss at all would give, from the first point on.
Markup even_line(Frame const& frame, Curve const& curve) {
  auto const& first = *curve.front();
  double const per_node = first.useful_rate.p50 / first.nodes;
  int const most = curve.back()->nodes;
  return svg_line(frame.at(first.nodes, first.useful_rate.p50), frame.at(most, per_node * most), "limit");
}

std::string says(Curve const& curve) {
  auto const& last = *curve.back();
  return fmt::format(
      "{}, PROJECTED: {} on {} nodes ({} to {}); {:.0f} % of what as many GPUs alone would do.",
      last.workload, human(last.useful_rate.p50, "samples/s"), last.nodes,
      human(last.useful_rate.p10, "samples/s"), human(last.useful_rate.p90, "samples/s"),
      100 * last.efficiency.p50 * last.goodput.p50);
}

Markup drawing(std::vector<Curve> const& curves, std::vector<std::string> const& names, double width) {
  auto const extent = extent_of(curves);
  auto const legend = svg_legend(names, {8, 12}, width - 16);
  auto const axis = Axis::linear(0, extent.high * 1.1, "samples/s", 5).titled("samples/s of a node");
  double const height = 280 + legend.height;
  auto const area = plot_area(width, height, axis, legend.height + 8);
  Frame const frame{area, Axis::counts(extent.nodes).titled("nodes").onto(area.left + 8, area.right - 8),
                    axis.onto(area.bottom, area.top)};
  Markup content = svg_axes(frame.area, frame.x, frame.y);
  content += {band_of(frame, curves.front()), even_line(frame, curves.front())};
  for (std::size_t i = 0; i < curves.size(); ++i) content += line_of(frame, curves[i], i);
  content += legend.markup;
  return svg({"Projected scaling of " + curves.front().front()->workload, says(curves.front())}, width,
             height, content);
}

constexpr double bar_height = 22;

double reach_of(std::vector<Sensitivity> const& all) {
  double reach = 0.01;
  for (auto const& one : all) reach = std::max({reach, std::abs(one.low), std::abs(one.high)});
  return reach;
}

Markup tornado(std::vector<Sensitivity> const& all, double width) {
  double const reach = 100 * reach_of(all), names = std::min(220.0, width * 0.45), top = 8;
  double const height = top + bar_height * static_cast<double>(all.size()) + 44;
  PlotArea const area{names, top, width - 12, height - 40};
  auto const x =
      Axis::linear(-reach, reach, "", 5).titled("% of the useful rate").onto(area.left, area.right);
  Markup content = svg_x_axis(area, x);
  for (std::size_t i = 0; i < all.size(); ++i) {
    double const y = top + bar_height * static_cast<double>(i);
    double const from = x.at(100 * std::min({all[i].low, all[i].high, 0.0})),
                 to = x.at(100 * std::max({all[i].low, all[i].high, 0.0}));
    content += svg_text({names - 8, y + 14}, fitting(all[i].assumption, names - 12), Anchor::end);
    content += svg_bar(0, {from, y + 4}, std::max(1.0, to - from), bar_height - 8);
  }
  content += svg_line({x.at(0), area.top}, {x.at(0), area.bottom}, "limit");
  return svg(
      {"What moves the answer", "Each bar: the useful rate with one assumption at either end of its range."},
      width, height, content);
}

}  // namespace

std::vector<std::string> projected_workloads(Projection const& projection) {
  std::vector<std::string> seen;
  for (auto const& step : projection.steps) {
    if (std::ranges::find(seen, step.workload) == seen.end()) seen.push_back(step.workload);
  }
  return seen;
}

Markup scaling_chart(Projection const& projection, std::string const& workload) {
  std::vector<Curve> curves;
  std::vector<std::string> names;
  for (auto const& scenario : projection.scenarios) {
    auto curve = curve_of(projection, workload, scenario.name);
    if (curve.empty()) continue;
    curves.push_back(std::move(curve));
    names.push_back(scenario.name);
  }
  if (curves.empty()) return {};
  Markup figure = element("figcaption", {{"class", "says"}}, says(curves.front()));
  figure += in_both_widths([&](double width) { return drawing(curves, names, width); });
  return element("figure", figure);
}

Markup tornado_chart(Projection const& projection, std::string const& workload) {
  constexpr std::size_t most = 12;
  auto all = sensitivities_of(projection, workload);
  if (all.size() > most) all.resize(most);
  if (all.empty()) return {};
  Markup figure =
      element("figcaption", {{"class", "says"}},
              fmt::format("{}, PROJECTED: {} moves the answer most.", workload, all.front().assumption));
  figure += in_both_widths([&](double width) { return tornado(all, width); });
  return element("figure", figure);
}

}  // namespace muster
