#include "harness/project/start_up_model.hpp"

#include <array>
#include <cmath>
#include <cstddef>

namespace muster::project {
namespace {

struct Point {
  double nodes, seconds;
};

constexpr std::array points{Point{1, 17},   Point{128, 66},  Point{512, 271}, Point{1, 37},
                            Point{128, 78}, Point{527, 118}, Point{128, 383}};

/// ln seconds = level + slope ln nodes; deviation of the points about it.
struct Line {
  double level = 0, slope = 0, deviation = 0;
};

/// Least squares of the logarithms.
Line fit() {
  double const count = points.size();
  double x = 0, y = 0, xx = 0, xy = 0;
  for (auto const& point : points) {
    double const nodes = std::log(point.nodes), seconds = std::log(point.seconds);
    x += nodes, y += seconds, xx += nodes * nodes, xy += nodes * seconds;
  }
  Line line;
  line.slope = (count * xy - x * y) / (count * xx - x * x);
  line.level = (y - line.slope * x) / count;
  double squares = 0;
  for (auto const& point : points) {
    double const rest = std::log(point.seconds) - line.level - line.slope * std::log(point.nodes);
    squares += rest * rest;
  }
  line.deviation = std::sqrt(squares / (count - 2));
  return line;
}

}  // namespace

double start_up_seconds(int nodes, double pull) {
  static Line const line = fit();
  return std::exp(line.level + line.slope * std::log(nodes) + line.deviation * pull);
}

}  // namespace muster::project
