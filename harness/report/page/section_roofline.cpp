// Rooflines (S. Williams et al., "Roofline: an insightful visual performance model", CACM 52(4), 2009), one a
// type.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/core/counted.hpp"
#include "harness/core/quantities.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

/// One case under the roof.
struct Spot {
  CaseResult const* result = nullptr;
  double intensity = 0;              ///< FLOP for each byte of memory
  double rate = 0;                   ///< FLOP/s reached
  std::optional<double> at_clock{};  ///< its peak at the clock that it ran at
};

struct Roof {
  std::string type;
  std::optional<double> peak{};  ///< FLOP/s
  std::string peak_name{};
  std::optional<double> memory{};  ///< B/s
  std::vector<Spot> spots{};
};

std::optional<Spot> spot_of(CaseResult const& result) {
  auto const value = figure_value(result);
  auto const counted = amount(result.work, result.metric.quantity);
  if (!value || *value <= 0 || counted == 0 || result.work.flops == 0 || result.work.bytes == 0)
    return std::nullopt;
  auto const flops = static_cast<double>(result.work.flops);
  Spot spot{&result, flops / static_cast<double>(result.work.bytes),
            *value * flops / static_cast<double>(counted)};
  if (result.percent_at_clock && *result.percent_at_clock > 0 && result.metric.quantity == Quantity::flops)
    spot.at_clock = 100 * spot.rate / *result.percent_at_clock;
  return spot;
}

/// Of the memory under test: the fastest limit that any memory case was held against.
std::optional<double> memory_limit(Document const& document) {
  std::optional<double> limit;
  for (auto const& result : document.cases) {
    if (!result.bound || result.bound->unit != "B/s" || !result.workload.starts_with("memory")) continue;
    limit = std::max(limit.value_or(0), result.bound->value);
  }
  return limit;
}

Roof& roof_of(std::vector<Roof>& roofs, std::string const& type) {
  auto const found = std::ranges::find(roofs, type, &Roof::type);
  if (found != roofs.end()) return *found;
  return roofs.emplace_back(Roof{type});
}

std::vector<Roof> roofs_of(Document const& document) {
  std::vector<Roof> roofs;
  for (auto const& result : document.cases) {
    auto const spot = spot_of(result);
    auto const type = parameter(result, "type");
    if (!spot || type.empty()) continue;
    auto& roof = roof_of(roofs, type);
    roof.spots.push_back(*spot);
    if (!result.bound || result.bound->unit != "FLOP/s" || result.bound->value <= roof.peak.value_or(0))
      continue;
    roof.peak = result.bound->value;
    roof.peak_name = result.bound->name;
  }
  auto const memory = memory_limit(document);
  for (auto& roof : roofs) roof.memory = memory;
  std::erase_if(roofs, [](Roof const& roof) { return !roof.peak; });
  return roofs;
}

/// Common to all types, so that the drawings can be compared.
struct Axes {
  Axis x, y;
};

Axes axes_of(std::vector<Roof> const& roofs) {
  double left = 1e300, right = 0, low = 1e300, high = 0;
  for (auto const& roof : roofs) {
    high = std::max(high, *roof.peak);
    if (roof.memory && *roof.memory > 0) left = std::min(left, *roof.peak / *roof.memory / 3);
    for (auto const& spot : roof.spots) {
      left = std::min(left, spot.intensity);
      right = std::max(right, spot.intensity);
      low = std::min(low, spot.rate);
      high = std::max(high, spot.rate);
    }
  }
  constexpr double least_span = 50;  // or the roof looks flat where it is not
  low = std::min(low, high / least_span);
  return {Axis::ratios(left, right * 1.5, 6).titled("arithmetic intensity, FLOP/B"),
          Axis::decades(low, high, "FLOP/s", 6)};
}

double roof_at(Roof const& roof, double intensity) {
  return roof.memory ? std::min(*roof.peak, *roof.memory * intensity) : *roof.peak;
}

Markup roof_line(Roof const& roof, Axis const& x, Axis const& y) {
  std::vector<Point> points;
  double const ridge = roof.memory && *roof.memory > 0 ? *roof.peak / *roof.memory : x.low();
  double const start = roof.memory ? std::max(x.low(), y.low() / *roof.memory) : x.low();
  points.push_back({x.at(start), y.at(roof_at(roof, start))});
  if (ridge > x.low() && ridge < x.high()) points.push_back({x.at(ridge), y.at(*roof.peak)});
  points.push_back({x.at(x.high()), y.at(roof_at(roof, x.high()))});
  return svg_outline(points, "roof");
}

Markup spot_mark(Spot const& spot, Axis const& x, Axis const& y) {
  Point const at{x.at(spot.intensity), y.at(spot.rate)};
  Markup mark;
  if (spot.at_clock) {
    double const peak = y.at(*spot.at_clock);
    mark += svg_line({at.x - 12, peak}, {at.x + 12, peak}, "clock");
  }
  bool const product = spot.result->workload == "gemm";
  mark += svg_marker(product ? 0 : 1, at,
                     fmt::format("{}: {}", spot.result->name, spoken_figure(*spot.result)), 4.5);
  return mark;
}

Spot const& highest(Roof const& roof) { return *std::ranges::max_element(roof.spots, {}, &Spot::rate); }

std::string description(Roof const& roof) {
  return fmt::format("{} under a peak of {}{}.", counted(roof.spots.size(), "case"),
                     human(*roof.peak, "FLOP/s"),
                     roof.memory ? fmt::format(" and memory of {}", human(*roof.memory, "B/s")) : "");
}

Markup drawing(Roof const& roof, Axes const& axes) {
  constexpr double width = narrow_width, height = 250;
  auto const area = plot_area(width, height, axes.y, 4);
  auto const x = axes.x.onto(area.left, area.right), y = axes.y.onto(area.bottom, area.top);
  Markup content = svg_axes(area, x, y);
  content += roof_line(roof, x, y);
  for (auto const& spot : roof.spots) content += spot_mark(spot, x, y);
  content += svg_text({area.right, std::max(y.at(*roof.peak) - 6, area.top - 4)},
                      "peak " + human(*roof.peak, "FLOP/s"), Anchor::end, "label");
  auto const& best = highest(roof);
  bool const right = x.at(best.intensity) > area.left + area.width() / 2;
  content += svg_text({right ? area.right : x.at(best.intensity), y.at(best.rate) + 22},
                      human(best.rate, "FLOP/s"), right ? Anchor::end : Anchor::start, "strong");
  return svg({"Roofline, " + roof.type, description(roof)}, width, height, content);
}

std::string says(Roof const& roof) {
  auto const& best = *highest(roof).result;
  return fmt::format("{} reaches {}.", spoken_name(best), spoken_figure(best));
}

Table table_of(std::vector<Roof> const& roofs) {
  Table table{{{"case"},
               {"FLOP/B", true},
               {"reached", true},
               {"roof there", true},
               {"of roof", true},
               {"peak at its clock", true}},
              {}};
  for (auto const& roof : roofs) {
    for (auto const& spot : roof.spots) {
      double const limit = roof_at(roof, spot.intensity);
      table.rows.push_back({spot.result->name, fmt::format("{:.4g}", spot.intensity),
                            human(spot.rate, "FLOP/s"), human(limit, "FLOP/s"),
                            limit > 0 ? fmt::format("{:.0f} %", 100 * spot.rate / limit) : "",
                            spot.at_clock ? human(*spot.at_clock, "FLOP/s") : ""});
    }
  }
  return table;
}

}  // namespace

Markup roofline_section(ReportedResult const& result) {
  auto const roofs = roofs_of(result.document);
  if (roofs.empty()) return {};
  auto const axes = axes_of(roofs);
  Markup cells;
  for (auto const& roof : roofs) {
    Markup figure = element("h4", roof.type);
    figure += element("figcaption", {{"class", "says"}}, says(roof));
    figure += drawing(roof, axes);
    cells += element("div", element("figure", figure));
  }
  Markup content = sentence(
      "How near each case comes to what memory (rising line) and arithmetic (flat line) allow. Circles are "
      "products, "
      "squares are other kernels; the dotted line is the peak at the clock that the device really ran at.");
  content += element("div", {{"class", "cells"}}, cells);
  content += folded_table(table_of(roofs), "rooflines");
  return content;
}

}  // namespace muster
