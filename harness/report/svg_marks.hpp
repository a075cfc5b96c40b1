// What a drawing is made of. Coordinates in pixels; colours and line styles are classes that the page's style
// sheet defines for light, dark and paper. A series is told apart by its marker's shape and its line's dashes
// too.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "harness/report/markup.hpp"

namespace muster {

struct Point {
  double x = 0, y = 0;
};

/// "12.3", "12": a tenth of a pixel is what can be seen.
std::string pixel(double value);

enum class Anchor { start, middle, end };
Markup svg_text(Point at, std::string_view text, Anchor anchor = Anchor::start, Literal kind = "label");
/// Of about so many pixels in the page's font.
double text_width(std::string_view text);
/// At most so many pixels wide, cut at the end with "…".
std::string fitting(std::string_view text, double pixels);
/// Cut in the middle, where the name of a case has what the others have too.
std::string fitting_middle(std::string_view text, double pixels);

Markup svg_line(Point from, Point to, Literal kind);
/// Circle, square, triangle, diamond, cross, ... by series; `hint` shows when pointed at, unless it is "".
Markup svg_marker(std::size_t series, Point at, std::string_view hint = "", double size = 4);
Markup svg_curve(std::size_t series, std::vector<Point> const& points);
Markup svg_outline(std::vector<Point> const& points, Literal kind);  ///< a line without markers
/// The area between two edges, each from left to right.
Markup svg_band(std::vector<Point> const& upper, std::vector<Point> const& lower, Literal kind = "band");
Markup svg_bar(std::size_t series, Point corner, double width, double height);
Markup svg_box(Point corner, double width, double height, Literal kind);

/// A line for a list of series: their markers and names from left to right, in as many rows as they need.
struct Legend {
  Markup markup;
  double height = 0;
};
Legend svg_legend(std::vector<std::string> const& names, Point corner, double width);

}  // namespace muster
