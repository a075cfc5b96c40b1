// A plot's frame: the drawing as a whole with its name and description, and its axes.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "harness/report/markup.hpp"
#include "harness/report/svg_scale.hpp"

namespace muster {

/// What a drawing is called and what a person who does not see it is told.
struct Caption {
  std::string title, description;
};

/// A drawing of so many pixels.
Markup svg(Caption const& caption, double width, double height, Markup const& content);

inline constexpr double narrow_width = 344, wide_width = 720;

/// Drawn twice, for wide screens and paper and for phones; the page shows the one that fits. `draw`: from a
/// width to a drawing.
Markup in_both_widths(std::function<Markup(double width)> const& draw);

/// Where curves and markers go, in pixels.
struct PlotArea {
  double left = 0, top = 0, right = 0, bottom = 0;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

/// What is left of a drawing of that size when the labels of `y`, at the left, the ticks of x below, and
/// `above` and `beside` (legend, labels at the right) have their room.
PlotArea plot_area(double width, double height, Axis const& y, double above = 0, double beside = 12);

/// Grid lines, ticks, and titles: that of y above its axis, that of x below its right end.
Markup svg_axes(PlotArea const& area, Axis const& x, Axis const& y);
/// Only x: for rows with names of their own.
Markup svg_x_axis(PlotArea const& area, Axis const& x);

}  // namespace muster
