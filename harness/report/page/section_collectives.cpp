// Bus bandwidth and time against the size of the message.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/core/counted.hpp"
#include "harness/core/quantities.hpp"
#include "harness/report/collective_table.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

/// From this share of an expectation on it counts as met; nccl-tests' own threshold for an average is the
/// same.
constexpr double met = 0.9;

struct Size {
  double bytes = 0, bandwidth = 0;
  std::optional<double> time{};
  CaseResult const* result = nullptr;
};

/// The same operation in the same way, at several sizes.
struct Curve {
  std::string name;
  std::vector<Size> sizes{};
  std::optional<Bound> expected{};
};

/// "all_reduce" of the workload "collective/all_reduce".
std::string operation_of(CaseResult const& result) {
  return result.workload.substr(result.workload.find('/') + 1);
}

/// What is the same but for the size: the case's name without it, and the ranks.
std::string curve_name(CaseResult const& result) {
  std::string name;
  for (std::size_t start = 0; start <= result.name.size();) {
    auto const end = std::min(result.name.find('/', start), result.name.size());
    auto const part = result.name.substr(start, end - start);
    if (!part.starts_with("bytes:") && part != "collective" && part != operation_of(result))
      name += (name.empty() ? "" : " ") + part;
    start = end + 1;
  }
  return fmt::format("{}{}{}", name, name.empty() ? "" : ", ", counted(result.ranks, "rank"));
}

struct Operation {
  std::string name;
  std::vector<Curve> curves{};
};

template <class T>
T& named(std::vector<T>& list, std::string const& name) {
  auto const found = std::ranges::find(list, name, &T::name);
  return found != list.end() ? *found : list.emplace_back(T{name});
}

void add(std::vector<Operation>& operations, CaseResult const& result) {
  auto const bytes = number_parameter(result, "bytes");
  auto const value = figure_value(result);
  if (!is_collective(result) || !bytes || !value || *bytes <= 0 || *value <= 0) return;
  auto& curve = named(named(operations, operation_of(result)).curves, curve_name(result));
  curve.sizes.push_back({*bytes, *value, figure_of(result, "time"), &result});
  if (result.bound && result.bound->value > 0 &&
      (!curve.expected || result.bound->value > curve.expected->value))
    curve.expected = result.bound;
}

/// Those with a curve: an operation at one size has its place in the table of cases.
std::vector<Operation> operations_of(Document const& document) {
  std::vector<Operation> operations;
  for (auto const& result : document.cases) add(operations, result);
  for (auto& operation : operations) {
    for (auto& curve : operation.curves) std::ranges::stable_sort(curve.sizes, {}, &Size::bytes);
    std::erase_if(operation.curves, [](Curve const& curve) { return curve.sizes.size() < 2; });
  }
  std::erase_if(operations, [](Operation const& operation) { return operation.curves.empty(); });
  return operations;
}

std::vector<std::string> names_of(Operation const& operation) {
  std::vector<std::string> names;
  for (auto const& curve : operation.curves) names.push_back(curve.name);
  return names;
}

struct Extent {
  double low = 1e300, high = 0;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

Axis size_axis(Operation const& operation, double width) {
  Extent extent;
  for (auto const& curve : operation.curves) {
    for (auto const& size : curve.sizes) extent.add(size.bytes);
  }
  return Axis::sizes(extent.low, extent.high, width < wide_width ? 5 : 10).titled("message");
}

/// The highest expectation of the operation's curves, and a tenth below it.
Markup expectation(Operation const& operation, PlotArea const& area, Axis const& y) {
  Markup all;
  std::vector<double> drawn;
  for (auto const& curve : operation.curves) {
    if (!curve.expected || std::ranges::find(drawn, curve.expected->value) != drawn.end()) continue;
    double const top = y.at(curve.expected->value), bottom = y.at(curve.expected->value * met);
    drawn.push_back(curve.expected->value);
    all += svg_band({{area.left, top}, {area.right, top}}, {{area.left, bottom}, {area.right, bottom}});
    all += svg_line({area.left, top}, {area.right, top}, "limit");
    all += svg_text({area.left + 6, top - 5}, "expected " + human(curve.expected->value, "B/s"),
                    Anchor::start, "quiet");
  }
  return all;
}

Markup curves_of(Operation const& operation, Axis const& x, Axis const& y, bool time) {
  Markup all;
  for (std::size_t i = 0; i < operation.curves.size(); ++i) {
    std::vector<Point> points;
    Markup marks;
    for (auto const& size : operation.curves[i].sizes) {
      if (time && !size.time) continue;
      points.push_back({x.at(size.bytes), y.at(time ? *size.time : size.bandwidth)});
      marks += svg_marker(i, points.back(),
                          fmt::format("{}, {}", human_bytes(static_cast<std::uint64_t>(size.bytes)),
                                      time ? human(*size.time, "s") : human(size.bandwidth, "B/s")));
    }
    all += svg_curve(i, points);
    all += marks;
  }
  return all;
}

Markup bandwidth_drawing(Operation const& operation, double width) {
  Extent extent;
  for (auto const& curve : operation.curves) {
    for (auto const& size : curve.sizes) extent.add(size.bandwidth);
    if (curve.expected) extent.add(curve.expected->value);
  }
  auto const axis = Axis::linear(0, extent.high * 1.06, "B/s", 5);
  auto const legend = svg_legend(names_of(operation), {4, 2}, width - 8);
  double const height = 270 + legend.height;
  auto const area = plot_area(width, height, axis, legend.height + 6);
  auto const x = size_axis(operation, width).onto(area.left, area.right);
  auto const y = axis.titled("bus bandwidth, " + axis.title()).onto(area.bottom, area.top);
  return svg({operation.name + ": bus bandwidth", "Bus bandwidth against the size of the message."}, width,
             height,
             {expectation(operation, area, y), svg_axes(area, x, y), legend.markup,
              curves_of(operation, x, y, false)});
}

bool has_times(Operation const& operation) {
  for (auto const& curve : operation.curves) {
    for (auto const& size : curve.sizes) {
      if (size.time && *size.time > 0) return true;
    }
  }
  return false;
}

Markup time_drawing(Operation const& operation, double width) {
  Extent extent;
  for (auto const& curve : operation.curves) {
    for (auto const& size : curve.sizes) {
      if (size.time && *size.time > 0) extent.add(*size.time);
    }
  }
  auto const axis = Axis::decades(extent.low, extent.high, "s", 6);
  double const height = 220;
  auto const area = plot_area(width, height, axis, 4);
  auto const x = size_axis(operation, width).onto(area.left, area.right);
  auto const y = axis.titled("time of one operation, s").onto(area.bottom, area.top);
  return svg(
      {operation.name + ": time", "Time of one operation against the size of the message, both logarithmic."},
      width, height, {svg_axes(area, x, y), curves_of(operation, x, y, true)});
}

Size const& fastest(Curve const& curve) {
  return *std::ranges::max_element(curve.sizes, {}, &Size::bandwidth);
}

/// The smallest size at which half of the most is reached.
double half_size(Curve const& curve) {
  double const half = fastest(curve).bandwidth / 2;
  return std::ranges::find_if(curve.sizes, [half](Size const& size) { return size.bandwidth >= half; })
      ->bytes;
}

std::string says(Operation const& operation) {
  std::string text;
  for (auto const& curve : operation.curves) {
    auto const& best = fastest(curve);
    text += fmt::format("{}{} ({}) reaches {} at {}", text.empty() ? "" : " ", operation.name, curve.name,
                        human(best.bandwidth, "B/s"), human_bytes(static_cast<std::uint64_t>(best.bytes)));
    if (curve.expected) {
      double const share = best.bandwidth / curve.expected->value;
      text += fmt::format(", {:.0f} % of what its links should do{}", 100 * share,
                          share < met ? " (below the band of 90 to 100 %)" : "");
    }
    text += fmt::format("; half of its best from {} on.",
                        human_bytes(static_cast<std::uint64_t>(half_size(curve))));
  }
  return text;
}

Table table_of(Operation const& operation) {
  Table table{{{"message"}, {"bus bandwidth", true}, {"of expectation", true}, {"time", true}}, {}};
  for (auto const& curve : operation.curves) {
    table.rows.push_back({curve.name});
    for (auto const& size : curve.sizes) {
      auto const& percent = size.result->percent_of_bound;
      table.rows.push_back({human_bytes(static_cast<std::uint64_t>(size.bytes)), human(size.bandwidth, "B/s"),
                            percent ? fmt::format("{:.0f} %", *percent) : "",
                            size.time ? human(*size.time, "s") : ""});
    }
  }
  return table;
}

Markup block(Operation const& operation) {
  auto chart = in_both_widths([&](double width) { return bandwidth_drawing(operation, width); });
  if (has_times(operation))
    chart += in_both_widths([&](double width) { return time_drawing(operation, width); });
  return {element("h4", operation.name),
          chart_block(says(operation), chart, table_of(operation), operation.name + " by size")};
}

}  // namespace

Markup collectives_section(ReportedResult const& result) {
  Markup content;
  for (auto const& operation : operations_of(result.document)) content += block(operation);
  if (!content.empty())
    content = {
        sentence("Bus bandwidth as nccl-tests counts it. The band lies from 90 to 100 % of what the links "
                 "should allow at sizes that bandwidth limits."),
        content};
  return content;
}

}  // namespace muster
