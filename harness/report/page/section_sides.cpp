// Several documents side by side: every launch of every case, against the first document's median.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <span>

#include "harness/core/counted.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/statistics.hpp"
#include "harness/report/case_words.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/sides.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

constexpr std::size_t rows_of_drawing = 24;
constexpr double farthest_percent = 40, step = 14;

/// One case in all documents.
struct Row {
  std::string name;
  std::vector<CaseResult const*> of;  ///< by document; null where it is not there
};

CaseResult const* find(Document const& document, std::string const& name) {
  auto const found = std::ranges::find(document.cases, name, &CaseResult::name);
  return found == document.cases.end() ? nullptr : &*found;
}

/// In the first document's order, then what later ones add.
std::vector<Row> rows_of(Results const& results) {
  std::vector<Row> rows;
  std::set<std::string> known;
  for (auto const& result : results) {
    for (auto const& one : result.document.cases) {
      if (!known.insert(one.name).second) continue;
      Row row{one.name, {}};
      for (auto const& other : results) row.of.push_back(find(other.document, one.name));
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

bool has_figures(CaseResult const* result) {
  return result != nullptr && figure_value(*result).value_or(0) > 0;
}

CaseResult const* first_with_figures(Row const& row) {
  auto const found = std::ranges::find_if(row.of, has_figures);
  return found == row.of.end() ? nullptr : *found;
}

/// Of the document, against the row's first one.
double percent(Row const& row, double value) {
  return 100 * (value / *figure_value(*first_with_figures(row)) - 1);
}

Axis axis_of(std::span<Row const> rows, double width) {
  double low = -1, high = 1;
  for (auto const& row : rows) {
    for (auto const* result : row.of) {
      if (!has_figures(result)) continue;
      for (double const value : launch_medians(*result)) {
        low = std::min(low, percent(row, value));
        high = std::max(high, percent(row, value));
      }
    }
  }
  return Axis::linear(std::max(low, -farthest_percent), std::min(high, farthest_percent), "",
                      width < wide_width ? 5 : 9)
      .titled("% from the first document's median");
}

Markup launches_of(Row const& row, std::size_t document, Axis const& x, double middle) {
  auto const& result = *row.of[document];
  Markup marks;
  for (double const value : launch_medians(result))
    marks += svg_marker(document, {x.at(percent(row, value)), middle}, human(value, result.metric.unit), 3.4);
  double const at = x.at(percent(row, *figure_value(result)));
  return {svg_line({at, middle - step / 2}, {at, middle + step / 2}, "middle"), marks};
}

struct Layout {
  double name_room, above, below;  ///< pixels before the axis, above and below a row's documents
};
Layout layout_for(double width) { return width < wide_width ? Layout{0, 18, 6} : Layout{250, 5, 5}; }

double height_of(Row const& row, Layout const& layout) {
  return layout.above + step * static_cast<double>(row.of.size()) + layout.below;
}

Markup case_row(Row const& row, Axis const& x, double top, Layout const& layout) {
  auto const* first = first_with_figures(row);
  auto const name = first ? spoken_name(*first) : row.name;
  double const below = top + height_of(row, layout);
  Markup all = layout.name_room > 0
                   ? svg_text({0, (top + below) / 2 + 4}, fitting_middle(name, layout.name_room - 12))
                   : svg_text({0, top + 13}, fitting_middle(name, x.to()));
  double middle = top + layout.above + step / 2;
  for (std::size_t i = 0; i < row.of.size(); ++i, middle += step) {
    if (has_figures(row.of[i])) all += launches_of(row, i, x, middle);
  }
  all += svg_line({x.from(), below}, {x.to(), below}, "grid");
  return all;
}

Markup drawing(std::span<Row const> rows, Results const& results, double width) {
  std::vector<std::string> labels;
  for (auto const& result : results) labels.push_back(result.label);
  auto const layout = layout_for(width);
  auto const legend = svg_legend(labels, {layout.name_room + 6, 0}, width - layout.name_room - 12);
  double height = legend.height + 8;
  for (auto const& row : rows) height += height_of(row, layout);
  PlotArea const area{layout.name_room, legend.height + 8, width - 14, height};
  auto const x = axis_of(rows, width).onto(area.left + 6, area.right);
  Markup content = legend.markup;
  content += svg_x_axis(area, x);
  content += svg_line({x.at(0), area.top}, {x.at(0), area.bottom}, "limit");
  double top = area.top;
  for (auto const& row : rows) {
    content += case_row(row, x, top, layout);
    top += height_of(row, layout);
  }
  return svg({"Launches of every case, side by side",
              fmt::format("{} in {}: each launch in percent of the first document's median.",
                          counted(rows.size(), "case"), counted(results.size(), "document"))},
             width, height + 36, content);
}

Table table_of(std::vector<Row> const& rows, Results const& results) {
  Table table{{{"case"}}, {}};
  for (auto const& result : results) table.columns.push_back({result.label, true});
  for (auto const& row : rows) {
    table.rows.push_back({row.name});
    for (auto const* result : row.of) {
      if (result == nullptr)
        table.rows.back().push_back("not there");
      else if (!has_figures(result))
        table.rows.back().push_back(std::string(words(result->status)));
      else
        table.rows.back().push_back(fmt::format("{} ({:+.1f} %)",
                                                human(*figure_value(*result), result->metric.unit),
                                                percent(row, *figure_value(*result))));
    }
  }
  return table;
}

/// The farthest apart of all cases.
std::string says(std::vector<Row> const& rows) {
  std::string farthest;
  double most = 0;
  for (auto const& row : rows) {
    for (auto const* result : row.of) {
      if (!has_figures(result) || std::abs(percent(row, *figure_value(*result))) <= most) continue;
      most = std::abs(percent(row, *figure_value(*result)));
      farthest = fmt::format("{} ({:+.1f} %)", spoken_name(*result), percent(row, *figure_value(*result)));
    }
  }
  if (farthest.empty()) return "No case has different medians.";
  return "Medians lie farthest apart in " + farthest + ". A dot is a launch, a bar the median.";
}

}  // namespace

Markup sides_section(Results const& results) {
  constexpr std::size_t most = 240;
  if (results.size() < 2) return {};
  auto const rows = rows_of(results);
  std::vector<Row> drawn;
  std::ranges::copy_if(rows, std::back_inserter(drawn), first_with_figures);
  if (drawn.size() > most) drawn.resize(most);
  Markup charts;
  for (std::size_t first = 0; first < drawn.size(); first += rows_of_drawing) {
    auto const some =
        std::span<Row const>(drawn).subspan(first, std::min(rows_of_drawing, drawn.size() - first));
    charts += in_both_widths([&](double width) { return drawing(some, results, width); });
  }
  return chart_block(says(drawn), charts, table_of(rows, results), "medians side by side");
}

}  // namespace muster
