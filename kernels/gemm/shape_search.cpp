#include "kernels/gemm/shape_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

#include "kernels/contract/race.hpp"

namespace muster {

namespace {

constexpr std::int64_t coarse_sides = 6, most_on_line = 96;
constexpr std::size_t starts = 4, finalists = 8;
constexpr std::size_t most_crossed = 16;
constexpr int final_timings = 4;
constexpr double share_of_finals = 0.15;  ///< of the budget, kept for step 4
constexpr double least_gain = 0.001;      ///< of a further round of lines or climbing

/// Indexes of m, n and k in the range.
using Point = std::array<std::int64_t, 3>;

class Search {
 public:
  Search(ShapeRange const& range, std::function<double(Shape const&)> const& rate, SearchWatch const& watch)
      : range_(range), rate_(rate), watch_(watch), begin_(watch.now()), end_(begin_ + watch.budget_seconds) {}

  SearchResult run() {
    double const end = end_;
    end_ = begin_ + (1 - share_of_finals) * watch_.budget_seconds;
    try_grid();
    climb_from_best();
    for (double before = 0; best_rate_ > before * (1 + least_gain);) {
      before = best_rate_;
      cross();
      climb_from_best();
    }
    end_ = end;
    SearchResult result = finals();
    watch_.progress(1, "best shape " + to_string(result.best));
    return result;
  }

 private:
  Shape shape(Point const& point) const {
    return {range_.side(point[0]), range_.side(point[1]), range_.side(point[2])};
  }

  bool is_due(Shape const& shape) {
    double const left = end_ - watch_.now();
    auto const flops =
        2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n) * static_cast<double>(shape.k);
    bool const fits = rates_.empty() || (left > 0 && (best_rate_ <= 0 || flops / best_rate_ < left));
    if (!fits) cut_short_ = true;
    return fits;
  }

  /// 0 for a shape that there is no time for.
  double rate_at(Point const& point) {
    auto const known = rates_.find(point);
    if (known != rates_.end()) return known->second;
    auto const what = shape(point);
    if (!is_due(what)) return 0;
    double const rate = rate_(what);
    rates_.emplace(point, rate);
    best_rate_ = std::max(best_rate_, rate);
    watch_.progress(std::min(1.0, (watch_.now() - begin_) / watch_.budget_seconds),
                    fmt::format("shape {}: {}", rates_.size(), to_string(what)));
    return rate;
  }

  void try_grid() {
    auto const sides = coarse_indexes();
    std::vector<Point> points;
    for (auto const m : sides) {
      for (auto const n : sides) {
        for (auto const k : sides) points.push_back({m, n, k});
      }
    }
    auto const volume = [&](Point const& point) {
      auto const [m, n, k] = shape(point);
      return static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    };
    std::ranges::stable_sort(points, {}, volume);
    for (auto const& point : points) rate_at(point);
  }

  std::set<std::int64_t> coarse_indexes() const {
    auto const low = static_cast<double>(range_.low),
               high = static_cast<double>(range_.side(range_.sides() - 1));
    std::set<std::int64_t> indexes;
    for (std::int64_t i = 0; i < coarse_sides; ++i) {
      double const side =
          low * std::pow(high / low, static_cast<double>(i) / static_cast<double>(coarse_sides - 1));
      indexes.insert(std::llround((side - low) / static_cast<double>(range_.step)));
    }
    return indexes;
  }

  std::vector<Point> best_points(std::size_t most) const {
    std::vector<std::pair<double, Point>> order;
    for (auto const& [point, rate] : rates_) order.emplace_back(-rate, point);
    std::ranges::sort(order);
    std::vector<Point> points;
    for (auto const& entry : order) {
      if (points.size() < most) points.push_back(entry.second);
    }
    return points;
  }

  void climb_from_best() {
    for (auto const& start : best_apart(starts)) climb(follow_lines(start));
  }

  /// No two of them on one line or in one plane that has been followed already.
  std::vector<Point> best_apart(std::size_t most) const {
    std::vector<Point> apart;
    for (auto const& point : best_points(rates_.size())) {
      auto const beside = [&](Point const& other) {
        return (point[0] == other[0]) + (point[1] == other[1]) + (point[2] == other[2]) > 1;
      };
      if (apart.size() < most && std::ranges::none_of(apart, beside)) apart.push_back(point);
    }
    return apart;
  }

  Point follow_lines(Point point) {
    double before = 0;
    while (rate_at(point) > before * (1 + least_gain)) {
      before = rate_at(point);
      for (std::size_t axis = 0; axis < 3; ++axis) point = best_on_line(point, axis);
    }
    return point;
  }

  Point best_on_line(Point const& through, std::size_t axis) {
    std::int64_t const stride = (range_.sides() + most_on_line - 1) / most_on_line;
    Point best = through;
    for (std::int64_t index = through[axis] % stride; index < range_.sides(); index += stride) {
      Point point = through;
      point[axis] = index;
      if (rate_at(point) > rate_at(best)) best = point;
    }
    return best;
  }

  void climb(Point point) {
    for (std::int64_t const stride : {4, 2, 1}) {
      for (Point next = best_neighbour(point, stride); rate_at(next) > rate_at(point) * (1 + least_gain);
           next = best_neighbour(point, stride)) {
        point = next;
      }
    }
  }

  /// A side that is good in one company may be better in another: m and n fill the last wave together.
  void cross() {
    Point const best = best_points(1).front();
    for (std::size_t const axis : {0U, 1U}) {
      for (auto const side : best_sides(axis, most_crossed)) {
        Point point = best;
        point[axis] = side;
        best_on_line(point, 1 - axis);
      }
    }
  }

  /// By the best rate that was seen with them.
  std::vector<std::int64_t> best_sides(std::size_t axis, std::size_t most) const {
    std::map<std::int64_t, double> best;
    for (auto const& [point, rate] : rates_) best[point[axis]] = std::max(best[point[axis]], rate);
    std::vector<std::int64_t> sides;
    for (auto const& entry : best) sides.push_back(entry.first);
    std::ranges::stable_sort(sides, std::greater<>{}, [&](std::int64_t side) { return best.at(side); });
    if (sides.size() > most) sides.resize(most);
    return sides;
  }

  Point best_neighbour(Point const& point, std::int64_t stride) {
    Point best = point;
    for (int code = 0; code < 27; ++code) {
      Point const near = {point[0] + (code / 9 - 1) * stride, point[1] + (code / 3 % 3 - 1) * stride,
                          point[2] + (code % 3 - 1) * stride};
      bool const inside =
          std::ranges::all_of(near, [&](std::int64_t index) { return index >= 0 && index < range_.sides(); });
      if (inside && rate_at(near) > rate_at(best)) best = near;
    }
    return best;
  }

  SearchResult finals() {
    auto const points = best_points(finalists);
    std::vector<std::vector<double>> timings;
    for (auto const& point : points) timings.push_back({rates_.at(point)});
    for (int round = 0; round < final_timings; ++round) {
      for (std::size_t i = 0; i < points.size(); ++i) {
        if (is_due(shape(points[i]))) timings[i].push_back(rate_(shape(points[i])));
      }
    }
    SearchResult result{.tried = rates_.size(), .cut_short = cut_short_};
    for (std::size_t i = 0; i < points.size(); ++i) {
      double const rate = median_of(timings[i]);
      if (rate > result.rate) {
        result.best = shape(points[i]);
        result.rate = rate;
      }
    }
    return result;
  }

  ShapeRange range_;
  std::function<double(Shape const&)> const& rate_;
  SearchWatch const& watch_;
  double begin_, end_, best_rate_ = 0;
  bool cut_short_ = false;
  std::map<Point, double> rates_{};
};

}  // namespace

std::string to_string(Shape const& shape) { return fmt::format("{} x {} x {}", shape.m, shape.n, shape.k); }

SearchResult search_shapes(ShapeRange const& range, std::function<double(Shape const&)> const& rate,
                           SearchWatch const& watch) {
  if (range.low < 1 || range.step < 1 || range.high < range.low)
    throw std::invalid_argument("a range of shapes without a shape");
  return Search(range, rate, watch).run();
}

}  // namespace muster
