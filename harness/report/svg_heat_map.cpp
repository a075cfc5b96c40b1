#include "harness/report/svg_heat_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace muster {
namespace {

/// Viridis, by S. van der Walt and N. Smith (matplotlib, CC0), at every ninth of its length.
constexpr std::array<std::array<int, 3>, 10> viridis{{{68, 1, 84},
                                                      {72, 40, 120},
                                                      {62, 74, 137},
                                                      {49, 104, 142},
                                                      {38, 130, 142},
                                                      {31, 158, 137},
                                                      {53, 183, 121},
                                                      {110, 206, 88},
                                                      {181, 222, 43},
                                                      {253, 231, 37}}};
constexpr std::size_t shades = 28;  // as many as anyone tells apart, and few enough to draw each as one path

std::string shade_colour(std::size_t shade) {
  double const place = static_cast<double>(shade) / (shades - 1) * (viridis.size() - 1);
  auto const below = std::min(static_cast<std::size_t>(place), viridis.size() - 2);
  double const part = place - static_cast<double>(below);
  std::string colour = "#";
  for (std::size_t i = 0; i < 3; ++i) {
    double const mixed = viridis[below][i] + part * (viridis[below + 1][i] - viridis[below][i]);
    fmt::format_to(std::back_inserter(colour), "{:02x}", static_cast<int>(std::lround(mixed)));
  }
  return colour;
}

std::size_t shade_of(HeatMap const& map, double value) {
  if (!(map.high > map.low)) return shades - 1;
  double const share = std::clamp((value - map.low) / (map.high - map.low), 0.0, 1.0);
  return static_cast<std::size_t>(std::lround(share * (shades - 1)));
}

/// Cells of one shade, those beside each other as one.
void add_run(std::string& path, Point at, double width, double height) {
  fmt::format_to(std::back_inserter(path), "M{} {}h{}v{}h-{}z", pixel(at.x), pixel(at.y), pixel(width),
                 pixel(height), pixel(width));
}

}  // namespace

Markup svg_heat_map(HeatMap const& map, Point corner, double cell) {
  std::array<std::string, shades + 1> paths;  // the last: holes
  auto const shade_at = [&](std::size_t row, std::size_t column) {
    double const value = map.values[row * map.columns + column];
    return std::isnan(value) ? shades : shade_of(map, value);
  };
  for (std::size_t row = 0; row < map.rows; ++row) {
    for (std::size_t column = 0; column < map.columns;) {
      auto const shade = shade_at(row, column);
      auto end = column + 1;
      while (end < map.columns && shade_at(row, end) == shade) ++end;
      add_run(paths[shade],
              {corner.x + cell * static_cast<double>(column), corner.y + cell * static_cast<double>(row)},
              cell * static_cast<double>(end - column), cell);
      column = end;
    }
  }
  Markup all;
  for (std::size_t shade = 0; shade < shades; ++shade) {
    if (!paths[shade].empty())
      all += Markup::empty_element("path",
                                   {{"class", "cell"}, {"fill", shade_colour(shade)}, {"d", paths[shade]}});
  }
  if (!paths[shades].empty()) all += Markup::empty_element("path", {{"class", "hole"}, {"d", paths[shades]}});
  return all;
}

Markup svg_heat_scale(Point corner, double width, std::string const& low, std::string const& high) {
  double const step = width / shades;
  Markup all;
  for (std::size_t shade = 0; shade < shades; ++shade) {
    std::string path;
    add_run(path, {corner.x + step * static_cast<double>(shade), corner.y}, step + 0.3, 10);
    all += Markup::empty_element("path", {{"fill", shade_colour(shade)}, {"d", path}});
  }
  all += svg_text({corner.x, corner.y + 24}, low, Anchor::start, "tick");
  all += svg_text({corner.x + width, corner.y + 24}, high, Anchor::end, "tick");
  return all;
}

bool dark_cell(HeatMap const& map, double value) { return shade_of(map, value) < shades * 6 / 10; }

}  // namespace muster
