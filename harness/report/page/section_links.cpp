// Figures of pairs as heat maps, with the worst pairs by name.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "harness/core/counted.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/statistics.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/link_blocks.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/step_table.hpp"
#include "harness/report/svg_heat_map.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

constexpr std::size_t most_blocks = 60, worst_named = 10, numbers_up_to = 8, least_pairs = 3;

struct Map {
  Matrix const& matrix;
  LinkBlocks blocks;
  std::vector<Pair> pairs;  ///< the worst first
  double middle = 0;        ///< median of the pairs
  double margin = 0;        ///< relative
  std::size_t slow = 0;     ///< so many of the first are worse than the median by more than the margin
};

HeatMap heat_map(Map const& map) {
  auto const [a, b] = std::minmax(map.pairs.front().value, map.pairs.back().value);
  return {map.blocks.rows, map.blocks.columns, map.blocks.values, a, b};
}

Markup numbers(Map const& map, HeatMap const& heat, Point corner, double cell) {
  auto const scale = common_scale(heat.high, map.matrix.unit);
  Markup all;
  for (std::size_t row = 0; row < heat.rows; ++row) {
    for (std::size_t column = 0; column < heat.columns; ++column) {
      double const value = heat.values[row * heat.columns + column];
      if (std::isnan(value)) continue;
      all += svg_text({corner.x + cell * (static_cast<double>(column) + 0.5),
                       corner.y + cell * (static_cast<double>(row) + 0.5) + 4},
                      fmt::format("{:.3g}", value / scale.divisor), Anchor::middle,
                      dark_cell(heat, value) ? Literal("inverse") : Literal("dark"));
    }
  }
  return all;
}

/// Boxes around those that are slow, numbered as in the list below.
Markup marked(Map const& map, Point corner, double cell) {
  Markup all;
  auto const shown = std::span(map.pairs).first(std::min(map.slow, worst_named));
  for (std::size_t i = 0; i < shown.size(); ++i) {
    double const x = corner.x + cell * static_cast<double>(shown[i].column / map.blocks.pairs);
    double const y = corner.y + cell * static_cast<double>(shown[i].row / map.blocks.pairs);
    all += svg_box({x - 1.5, y - 1.5}, cell + 3, cell + 3, "worst");
    if (cell < 24)
      all += svg_text({x + cell + 4, y + cell / 2 + 4}, std::to_string(i + 1), Anchor::start, "halo");
  }
  return all;
}

/// Names of rows at the left and of columns above: those that have room.
Markup names(Map const& map, Point corner, double cell) {
  auto const count = map.blocks.rows;
  auto const stride = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(16 / cell)));
  Markup all;
  for (std::size_t row = 0; row < count; row += stride) {
    double const y = corner.y + cell * (static_cast<double>(row) + 0.5) + 4;
    all += svg_text({corner.x - 6, y}, fitting(map.matrix.rows[row * map.blocks.pairs], corner.x - 8),
                    Anchor::end, "tick");
  }
  return all;
}

std::string limit_words(Map const& map) {
  return fmt::format("more than {:g} % {}", 100 * map.margin, lower_is_worse(map.matrix) ? "below" : "above");
}

Markup legend_of_box(Map const& map, Point corner) {
  Markup all = svg_box(corner, 12, 12, "worst");
  all += svg_text({corner.x + 20, corner.y + 10}, limit_words(map) + " the median", Anchor::start, "quiet");
  return all;
}

Markup drawing(Map const& map, double width) {
  double longest = 0;
  for (auto const& name : map.matrix.rows) longest = std::max(longest, text_width(name));
  Point const corner{std::clamp(longest + 12, 40.0, width * 0.3), 8};
  double const room = std::min(width - corner.x - 14, 520.0);
  double const cell =
      std::min(room / static_cast<double>(std::max(map.blocks.columns, map.blocks.rows)), 48.0);
  auto const heat = heat_map(map);
  double const bottom = corner.y + cell * static_cast<double>(map.blocks.rows);
  Markup content = svg_heat_map(heat, corner, cell);
  if (map.blocks.columns <= numbers_up_to && cell >= 34) content += numbers(map, heat, corner, cell);
  content += marked(map, corner, cell);
  content += names(map, corner, cell);
  content += svg_heat_scale({corner.x, bottom + 14}, std::min(room, 260.0), human(heat.low, map.matrix.unit),
                            human(heat.high, map.matrix.unit));
  if (map.slow > 0) content += legend_of_box(map, {corner.x, bottom + 52});
  return svg({map.matrix.name + " of pairs",
              fmt::format("{} by {} cells, lighter is more.", map.blocks.rows, map.blocks.columns)},
             width, bottom + (map.slow > 0 ? 70 : 44), content);
}

double middle_of(std::vector<Pair> const& pairs) {
  std::vector<double> values;
  for (auto const& pair : pairs) values.push_back(pair.value);
  return median(values);
}

/// Of all others the median is what is usual; two pairs have no others.
std::size_t slow_of(Map const& map) {
  if (map.pairs.size() < least_pairs || !(map.middle > 0)) return 0;
  bool const lower = lower_is_worse(map.matrix);
  return static_cast<std::size_t>(std::ranges::count_if(map.pairs, [&](Pair const& pair) {
    return lower ? pair.value < map.middle * (1 - map.margin) : pair.value > map.middle * (1 + map.margin);
  }));
}

std::string slow_words(Map const& map) {
  if (map.slow == 0) return fmt::format("; none lies {} the median", limit_words(map));
  return fmt::format("; {} {} it ({}boxed)", counted(map.slow, "lies", "lie"), limit_words(map),
                     map.slow > worst_named ? fmt::format("the worst {} of them ", worst_named) : "");
}

std::string says(Map const& map) {
  auto const& worst = map.pairs.front();
  double const middle = map.middle;
  auto text = fmt::format("{}, median {}; the worst is {} - {} with {}", counted(map.pairs.size(), "pair"),
                          human(middle, map.matrix.unit), map.matrix.rows[worst.row],
                          map.matrix.columns[worst.column], human(worst.value, map.matrix.unit));
  if (middle > 0) text += fmt::format(" ({:+.1f} %)", 100 * (worst.value / middle - 1));
  if (map.pairs.size() >= least_pairs && middle > 0) text += slow_words(map);
  if (map.blocks.pairs > 1)
    text += fmt::format(". Each cell shows the worst of {0} x {0} pairs", map.blocks.pairs);
  return text + ".";
}

Table table_of(Map const& map) {
  double const middle = map.middle;
  Table table{{{"", true}, {"from"}, {"to"}, {map.matrix.name, true}, {"from the median", true}}, {}};
  for (std::size_t i = 0; i < std::min(map.pairs.size(), worst_named); ++i) {
    auto const& pair = map.pairs[i];
    table.rows.push_back({std::to_string(i + 1), map.matrix.rows[pair.row], map.matrix.columns[pair.column],
                          human(pair.value, map.matrix.unit),
                          middle > 0 ? fmt::format("{:+.1f} %", 100 * (pair.value / middle - 1)) : ""});
  }
  return table;
}

Markup block(CaseResult const& result, Matrix const& matrix, double margin) {
  Map map{matrix, blocks_of(matrix, most_blocks), worst_first(matrix)};
  if (map.pairs.empty()) return {};
  map.middle = middle_of(map.pairs);
  map.margin = margin;
  map.slow = slow_of(map);
  return {element("h4", fmt::format("{}: {}", spoken_name(result), matrix.name)),
          chart_block(says(map), in_both_widths([&](double width) { return drawing(map, width); }),
                      table_of(map), "the worst pairs")};
}

}  // namespace

Markup links_section(ReportedResult const& result) {
  Markup content;
  for (auto const& one : result.document.cases) {
    if (one.status != CaseStatus::ok || !step_parts(one).empty()) continue;
    for (auto const& matrix : one.matrices) content += block(one, matrix, result.link_margin);
  }
  return content;
}

}  // namespace muster
