#include "harness/report/svg_marks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace muster {
namespace {

constexpr std::size_t series_styles = 8;  // as many as the style sheet has
constexpr double letter = 6.4;            // pixels, of the page's font at its size in drawings
constexpr std::array<std::string_view, 3> anchors{"start", "middle", "end"};

std::string series_class(char const* kind, std::size_t series) {
  return fmt::format("{} s{}", kind, series % series_styles);
}

std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// The first `count` characters of UTF-8 text.
std::string_view first_letters(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size() && count > 0) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    --count;
  }
  return text.substr(0, at);
}

std::string path_of(std::vector<Point> const& points) {
  std::string path;
  for (auto const& point : points)
    fmt::format_to(std::back_inserter(path), "{}{} {}", path.empty() ? "M" : "L", pixel(point.x),
                   pixel(point.y));
  return path;
}

/// Corners of a marker around (0, 0), by series; none is the circle.
std::vector<Point> corners(std::size_t series) {
  switch (series % series_styles) {
    case 1:
      return {{-.9, -.9}, {.9, -.9}, {.9, .9}, {-.9, .9}};
    case 2:
      return {{0, -1.2}, {1.1, .8}, {-1.1, .8}};
    case 3:
      return {{0, -1.3}, {1.3, 0}, {0, 1.3}, {-1.3, 0}};
    case 4:
      return {{-1.1, -.8}, {1.1, -.8}, {0, 1.2}};
    case 5:
      return {{-1.3, -.4}, {-.4, -.4}, {-.4, -1.3}, {.4, -1.3}, {.4, -.4}, {1.3, -.4},
              {1.3, .4},   {.4, .4},   {.4, 1.3},   {-.4, 1.3}, {-.4, .4}, {-1.3, .4}};
    case 6:
      return {{-1.3, -.5}, {1.3, -.5}, {1.3, .5}, {-1.3, .5}};
    case 7:
      return {{-.5, -1.3}, {.5, -1.3}, {.5, 1.3}, {-.5, 1.3}};
    default:
      return {};
  }
}

Markup marker_shape(std::size_t series, Point at, double size, Markup const& hint) {
  auto const kind = series_class("mark", series);
  auto shape = corners(series);
  if (shape.empty())
    return element("circle", {{"class", kind}, {"cx", pixel(at.x)}, {"cy", pixel(at.y)}, {"r", pixel(size)}},
                   hint);
  for (auto& point : shape) point = {at.x + size * point.x, at.y + size * point.y};
  return element("path", {{"class", kind}, {"d", path_of(shape) + "Z"}}, hint);
}

}  // namespace

std::string pixel(double value) {
  auto text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

Markup svg_text(Point at, std::string_view text, Anchor anchor, Literal kind) {
  return element("text",
                 {{"class", std::string(kind.text())},
                  {"x", pixel(at.x)},
                  {"y", pixel(at.y)},
                  {"text-anchor", std::string(anchors[static_cast<std::size_t>(anchor)])}},
                 text);
}

double text_width(std::string_view text) { return letter * static_cast<double>(letters(text)); }

std::string fitting(std::string_view text, double pixels) {
  auto const most = static_cast<std::size_t>(std::max(pixels / letter, 1.0));
  if (letters(text) <= most) return std::string(text);
  return std::string(first_letters(text, most - 1)) + "…";
}

std::string fitting_middle(std::string_view text, double pixels) {
  auto const most = static_cast<std::size_t>(std::max(pixels / letter, 3.0));
  auto const all = letters(text);
  if (all <= most) return std::string(text);
  auto const head = (most - 1) / 2, tail = most - 1 - head;
  auto const end = text.substr(first_letters(text, all - tail).size());
  return fmt::format("{}…{}", first_letters(text, head), end);
}

Markup svg_line(Point from, Point to, Literal kind) {
  return Markup::empty_element("line", {{"class", std::string(kind.text())},
                                        {"x1", pixel(from.x)},
                                        {"y1", pixel(from.y)},
                                        {"x2", pixel(to.x)},
                                        {"y2", pixel(to.y)}});
}

Markup svg_marker(std::size_t series, Point at, std::string_view hint, double size) {
  return marker_shape(series, at, size, hint.empty() ? Markup() : element("title", hint));
}

Markup svg_curve(std::size_t series, std::vector<Point> const& points) {
  return Markup::empty_element("path", {{"class", series_class("curve", series)}, {"d", path_of(points)}});
}

Markup svg_outline(std::vector<Point> const& points, Literal kind) {
  return Markup::empty_element("path", {{"class", std::string(kind.text())}, {"d", path_of(points)}});
}

Markup svg_band(std::vector<Point> const& upper, std::vector<Point> const& lower, Literal kind) {
  auto all = upper;
  all.insert(all.end(), lower.rbegin(), lower.rend());
  return Markup::empty_element("path", {{"class", std::string(kind.text())}, {"d", path_of(all) + "Z"}});
}

Markup svg_bar(std::size_t series, Point corner, double width, double height) {
  return Markup::empty_element("rect", {{"class", series_class("bar", series)},
                                        {"x", pixel(corner.x)},
                                        {"y", pixel(corner.y)},
                                        {"width", pixel(std::max(width, 0.0))},
                                        {"height", pixel(height)}});
}

Markup svg_box(Point corner, double width, double height, Literal kind) {
  return Markup::empty_element("rect", {{"class", std::string(kind.text())},
                                        {"x", pixel(corner.x)},
                                        {"y", pixel(corner.y)},
                                        {"width", pixel(std::max(width, 0.0))},
                                        {"height", pixel(height)}});
}

Legend svg_legend(std::vector<std::string> const& names, Point corner, double width) {
  constexpr double row = 18, sign = 14, space = 16;
  Legend legend{{}, row};
  Point at = corner;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto const name = fitting_middle(names[i], width - sign - space);
    double const need = sign + text_width(name) + space;
    if (at.x > corner.x && at.x + need > corner.x + width) {
      at = {corner.x, at.y + row};
      legend.height += row;
    }
    legend.markup += svg_marker(i, {at.x + 5, at.y + row / 2});
    legend.markup += svg_text({at.x + sign, at.y + row / 2 + 4}, name);
    at.x += need;
  }
  return legend;
}

}  // namespace muster
