// What clocks and temperatures did while samples were taken, and what held the clocks down.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "harness/core/counted.hpp"
#include "harness/core/statistics.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/page/sensor_ranges.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

constexpr std::size_t rows_of_drawing = 30, cases_over_time = 6, threads_drawn = 64;

// ---- lowest, median and highest of each case

struct Layout {
  double row, name_room;
  bool above;
};
Layout layout_for(double width) { return width < wide_width ? Layout{38, 0, true} : Layout{24, 250, false}; }

Axis axis_of(std::vector<SensorRange> const& ranges, Sensor sensor, int ticks) {
  double low = 1e300, high = -1e300;
  for (auto const& range : ranges) {
    low = std::min(low, range.min);
    high = std::max(high, range.max);
  }
  return Axis::linear(low, high, sensor_unit(sensor), ticks);
}

Markup range_row(SensorRange const& range, Axis const& x, double top, Layout const& layout) {
  double const middle = layout.above ? top + 25 : top + layout.row / 2;
  auto const name = spoken_name(*range.result);
  Markup row = layout.above ? svg_text({0, top + 13}, fitting_middle(name, x.to()))
                            : svg_text({0, middle + 4}, fitting_middle(name, layout.name_room - 12));
  row += svg_line({x.from(), middle}, {x.to(), middle}, "grid");
  row += svg_box({x.at(range.min), middle - 3}, std::max(x.at(range.max) - x.at(range.min), 1.0), 6, "crowd");
  row += svg_marker(0, {x.at(range.median), middle},
                    fmt::format("median {}", sensor_text(range.median, range.sensor)));
  return row;
}

Markup range_drawing(std::span<SensorRange const> ranges, Axis const& axis, double width) {
  auto const layout = layout_for(width);
  double const height = 4 + layout.row * static_cast<double>(ranges.size()) + 36;
  PlotArea const area{layout.name_room, 4, width - 16, height - 36};
  auto const x = axis.onto(area.left + 6, area.right);
  Markup content = svg_x_axis(area, x);
  double top = area.top;
  for (auto const& range : ranges) {
    content += range_row(range, x, top, layout);
    top += layout.row;
  }
  auto const what = sensor_words(ranges.front().sensor);
  return svg({what + " of each case", "Bars from the lowest to the highest reading, a dot at the median."},
             width, height, content);
}

std::string range_says(std::vector<SensorRange> const& ranges, Sensor sensor) {
  auto const lowest = std::ranges::min_element(ranges, {}, &SensorRange::median);
  auto const highest = std::ranges::max_element(ranges, {}, &SensorRange::median);
  if (lowest->median == highest->median)
    return fmt::format("{}: a median of {} in every case.", sensor_words(sensor),
                       sensor_text(lowest->median, sensor));
  return fmt::format("{}: medians from {} ({}) to {} ({}).", sensor_words(sensor),
                     sensor_text(lowest->median, sensor), spoken_name(*lowest->result),
                     sensor_text(highest->median, sensor), spoken_name(*highest->result));
}

Table range_table(std::vector<SensorRange> const& ranges, Sensor sensor) {
  Table table{{{"case"}, {"lowest", true}, {"median", true}, {"highest", true}}, {}};
  for (auto const& range : ranges)
    table.rows.push_back({range.result->name, sensor_text(range.min, sensor),
                          sensor_text(range.median, sensor), sensor_text(range.max, sensor)});
  return table;
}

Markup range_block(ReportedResult const& result, Sensor sensor) {
  auto const ranges = sensor_ranges(result, sensor);
  if (ranges.empty()) return {};
  Markup charts;
  for (std::size_t first = 0; first < ranges.size(); first += rows_of_drawing) {
    auto const some = std::span(ranges).subspan(first, std::min(rows_of_drawing, ranges.size() - first));
    charts += in_both_widths([&](double width) {
      return range_drawing(some, axis_of(ranges, sensor, width < wide_width ? 4 : 8), width);
    });
  }
  return chart_block(range_says(ranges, sensor), charts, range_table(ranges, sensor),
                     sensor_words(sensor) + " by case");
}

// ---- over time

using Series = std::vector<SensorSeries const*>;

/// By case; those in which the clock fell farthest first.
std::vector<std::pair<double, Series>> by_case(std::vector<SensorSeries> const& all) {
  std::map<std::size_t, Series> cases;
  for (auto const& one : all) cases[one.case_index].push_back(&one);
  std::vector<std::pair<double, Series>> list;
  for (auto& [index, series] : cases) {
    double fall = 0;
    for (auto const* one : series) fall = std::max(fall, clock_fall(*one));
    list.emplace_back(fall, std::move(series));
  }
  std::ranges::stable_sort(list, std::greater{}, [](auto const& entry) { return entry.first; });
  return list;
}

/// The series whose clock is lowest on average.
std::size_t slowest(Series const& series) {
  std::size_t worst = 0;
  double lowest = 1e300;
  for (std::size_t i = 0; i < series.size(); ++i) {
    auto const clocks = values_of(*series[i], Sensor::clock);
    if (clocks.empty() || median(clocks) >= lowest) continue;
    lowest = median(clocks);
    worst = i;
  }
  return worst;
}

std::vector<Point> points_of(SensorSeries const& series, Sensor sensor, Axis const& x, Axis const& y) {
  std::vector<Point> points;
  for (auto const& reading : series.readings) {
    if (auto const value = value_of(reading.state, sensor))
      points.push_back({x.at(reading.seconds), y.at(*value)});
  }
  return points;
}

struct TimeAxes {
  Axis x, y;
};

std::optional<TimeAxes> time_axes(Series const& series, Sensor sensor) {
  double end = 0, low = 1e300, high = -1e300;
  for (auto const* one : series) {
    for (auto const& reading : one->readings) {
      auto const value = value_of(reading.state, sensor);
      if (!value) continue;
      end = std::max(end, reading.seconds);
      low = std::min(low, *value);
      high = std::max(high, *value);
    }
  }
  if (low > high) return std::nullopt;
  auto const y = Axis::linear(low, high, sensor_unit(sensor), 4);
  return TimeAxes{Axis::linear(0, end, "s", 4).titled("seconds since sampling began"),
                  y.titled(fmt::format("{}, {}", sensor_words(sensor), y.title()))};
}

Markup time_drawing(Series const& series, Sensor sensor, std::string const& name) {
  constexpr double width = narrow_width, height = 200;
  auto const axes = time_axes(series, sensor);
  if (!axes) return {};
  auto const area = plot_area(width, height, axes->y, 4);
  auto const x = axes->x.onto(area.left, area.right), y = axes->y.onto(area.bottom, area.top);
  Markup content = svg_axes(area, x, y);
  auto const worst = slowest(series);
  for (std::size_t i = 0; i < std::min(series.size(), threads_drawn); ++i) {
    if (i != worst) content += svg_outline(points_of(*series[i], sensor, x, y), "thread");
  }
  content += svg_curve(0, points_of(*series[worst], sensor, x, y));
  return svg({fmt::format("{} over time, {}", sensor_words(sensor), name),
              counted(series.size(), "rank and launch", "ranks and launches") +
                  ", the one with the lowest clock drawn thick."},
             width, height, content);
}

Markup over_time(ReportedResult const& result, double fall, Series const& series) {
  auto const& one = result.document.cases[series.front()->case_index];
  auto const& worst = *series[slowest(series)];
  Markup cells;
  for (auto const sensor : {Sensor::clock, Sensor::temperature}) {
    auto const drawn = time_drawing(series, sensor, one.name);
    if (!drawn.empty()) cells += element("div", drawn);
  }
  if (cells.empty()) return {};
  auto const says = fmt::format(
      "{}: within one launch the clock fell by up to {:.1f} %. The thick line is the rank with the lowest "
      "clock: {} rank {}, "
      "launch {}.",
      spoken_name(one), 100 * fall, worst.node, worst.rank, worst.launch + 1);
  Markup figure = element("figcaption", {{"class", "says"}}, says);
  figure += element("div", {{"class", "cells"}}, cells);
  return element("figure", figure);
}

Markup time_blocks(ReportedResult const& result) {
  auto const cases = by_case(result.series);
  Markup all;
  for (std::size_t i = 0; i < std::min(cases.size(), cases_over_time); ++i)
    all += over_time(result, cases[i].first, cases[i].second);
  if (all.empty()) return all;
  return {element("h4", cases.size() > cases_over_time
                            ? fmt::format("Over time: the {} cases in which the clock fell farthest",
                                          cases_over_time)
                            : std::string("Over time")),
          all};
}

// ---- what held clocks down

Markup throttle_block(ReportedResult const& result) {
  auto const rows = throttle_rows(result);
  if (rows.empty()) return {};
  Table table{{{"case"}, {"reason"}, {"share of the time", true}, {"ranks", true}}, {}};
  for (auto const& row : rows)
    table.rows.push_back({row.result->name, row.reason,
                          row.share ? fmt::format("{:.0f} %", 100 * *row.share) : "",
                          std::to_string(row.ranks)});
  return {element("h4", "What held clocks down"), rows.size() <= 12
                                                      ? html_table(table, "Reasons, by case")
                                                      : folded_table(table, "reasons, by case")};
}

}  // namespace

Markup sensors_section(ReportedResult const& result) {
  Markup content = throttle_block(result);
  content += time_blocks(result);
  for (auto const sensor : {Sensor::clock, Sensor::temperature, Sensor::power})
    content += range_block(result, sensor);
  return content;
}

}  // namespace muster
