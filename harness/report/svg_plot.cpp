#include "harness/report/svg_plot.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/report/svg_marks.hpp"

namespace muster {
namespace {

constexpr double tick_room = 34, title_room = 26, least_label_room = 36;

/// A tick's label at either end must not leave the drawing.
Anchor anchor_at(PlotArea const& area, double x, std::string_view label) {
  if (x + text_width(label) / 2 > area.right + 12) return Anchor::end;
  if (x < text_width(label) / 2) return Anchor::start;
  return Anchor::middle;
}

Markup y_axis(PlotArea const& area, Axis const& y) {
  Markup all;
  for (auto const& [value, label] : y.ticks()) {
    double const at = y.at(value);
    all += svg_line({area.left, at}, {area.right, at}, "grid");
    all += svg_text({area.left - 6, at + 4}, label, Anchor::end, "tick");
  }
  all += svg_text({0, area.top - 14}, y.title(), Anchor::start, "axis-title");
  return all;
}

}  // namespace

Markup svg(Caption const& caption, double width, double height, Markup const& content) {
  Markup inner = element("title", caption.title);
  inner += element("desc", caption.description);
  inner += content;
  return element("svg",
                 {{"role", "img"},
                  {"viewBox", fmt::format("0 0 {} {}", pixel(width), pixel(height))},
                  {"width", pixel(width)},
                  {"height", pixel(height)}},
                 inner);
}

Markup in_both_widths(std::function<Markup(double width)> const& draw) {
  return {element("div", {{"class", "chart wide"}}, draw(wide_width)),
          element("div", {{"class", "chart narrow"}}, draw(narrow_width))};
}

PlotArea plot_area(double width, double height, Axis const& y, double above, double beside) {
  double labels = least_label_room;
  for (auto const& tick : y.ticks()) labels = std::max(labels, text_width(tick.label));
  return {labels + 12, above + title_room, width - beside, height - tick_room};
}

Markup svg_x_axis(PlotArea const& area, Axis const& x) {
  Markup all;
  for (auto const& [value, label] : x.ticks()) {
    double const at = x.at(value);
    all += svg_line({at, area.top}, {at, area.bottom + 4}, "grid");
    all += svg_text({at, area.bottom + 17}, label, anchor_at(area, at, label), "tick");
  }
  all += svg_text({area.right, area.bottom + 31}, x.title(), Anchor::end, "axis-title");
  return all;
}

Markup svg_axes(PlotArea const& area, Axis const& x, Axis const& y) {
  Markup all = svg_x_axis(area, x);
  all += y_axis(area, y);
  all += svg_line({area.left, area.bottom}, {area.right, area.bottom}, "axis");
  all += svg_line({area.left, area.top}, {area.left, area.bottom}, "axis");
  return all;
}

}  // namespace muster
