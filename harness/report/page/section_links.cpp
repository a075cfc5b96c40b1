// Figures of pairs as heat maps, with the worst pairs by name.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "harness/core/quantities.hpp"
#include "harness/core/statistics.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/link_blocks.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/svg_heat_map.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

constexpr std::size_t most_blocks = 60, worst_named = 10, worst_marked = 5, numbers_up_to = 8;

struct Map {
  Matrix const& matrix;
  LinkBlocks blocks;
  std::vector<Pair> pairs;  ///< the worst first
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

/// Boxes around the worst, numbered as in the list below.
Markup marked(Map const& map, Point corner, double cell) {
  Markup all;
  auto const shown = std::span(map.pairs).first(std::min(map.pairs.size(), worst_marked));
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
  if (map.pairs.size() > worst_marked) content += marked(map, corner, cell);
  content += names(map, corner, cell);
  content += svg_heat_scale({corner.x, bottom + 14}, std::min(room, 260.0), human(heat.low, map.matrix.unit),
                            human(heat.high, map.matrix.unit));
  return svg({map.matrix.name + " of pairs",
              fmt::format("{} by {} cells, lighter is more.", map.blocks.rows, map.blocks.columns)},
             width, bottom + 44, content);
}

double middle_of(std::vector<Pair> const& pairs) {
  std::vector<double> values;
  for (auto const& pair : pairs) values.push_back(pair.value);
  return median(values);
}

std::string says(Map const& map) {
  auto const& worst = map.pairs.front();
  double const middle = middle_of(map.pairs);
  auto text = fmt::format("{} pairs, median {}; the worst is {} - {} with {}", map.pairs.size(),
                          human(middle, map.matrix.unit), map.matrix.rows[worst.row],
                          map.matrix.columns[worst.column], human(worst.value, map.matrix.unit));
  if (middle > 0) text += fmt::format(" ({:+.1f} %)", 100 * (worst.value / middle - 1));
  if (map.blocks.pairs > 1)
    text += fmt::format(". Each cell shows the worst of {0} x {0} pairs", map.blocks.pairs);
  return text + ".";
}

Table table_of(Map const& map) {
  double const middle = middle_of(map.pairs);
  Table table{{{"", true}, {"from"}, {"to"}, {map.matrix.name, true}, {"from the median", true}}, {}};
  for (std::size_t i = 0; i < std::min(map.pairs.size(), worst_named); ++i) {
    auto const& pair = map.pairs[i];
    table.rows.push_back({std::to_string(i + 1), map.matrix.rows[pair.row], map.matrix.columns[pair.column],
                          human(pair.value, map.matrix.unit),
                          middle > 0 ? fmt::format("{:+.1f} %", 100 * (pair.value / middle - 1)) : ""});
  }
  return table;
}

Markup block(CaseResult const& result, Matrix const& matrix) {
  Map const map{matrix, blocks_of(matrix, most_blocks), worst_first(matrix)};
  if (map.pairs.empty()) return {};
  return {element("h4", fmt::format("{}: {}", spoken_name(result), matrix.name)),
          chart_block(says(map), in_both_widths([&](double width) { return drawing(map, width); }),
                      table_of(map), "the worst pairs")};
}

}  // namespace

Markup links_section(ReportedResult const& result) {
  Markup content;
  for (auto const& one : result.document.cases) {
    if (one.status != CaseStatus::ok) continue;
    for (auto const& matrix : one.matrices) content += block(one, matrix);
  }
  return content;
}

}  // namespace muster
