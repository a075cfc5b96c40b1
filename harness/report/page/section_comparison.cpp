// Verdicts of comparisons, as intervals against the margin that matters.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "harness/core/counted.hpp"
#include "harness/core/quantities.hpp"
#include "harness/report/comparison_table.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/sides.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

using Cases = std::vector<CaseComparison const*>;

constexpr std::size_t rows_of_drawing = 30, most_drawn = 240;
constexpr double farthest_percent = 40;
constexpr double bold = 1.45;  // how much wider bold capitals are

double percent(double ratio) { return 100 * (ratio - 1); }

/// Regressions first, then what else was shown, then the rest; each in the order of the documents.
int urgency(CaseVerdict verdict) {
  switch (verdict) {
    case CaseVerdict::regressed:
      return 0;
    case CaseVerdict::slower:
      return 1;
    case CaseVerdict::improved:
    case CaseVerdict::faster:
      return 2;
    case CaseVerdict::suspect:
      return 3;
    case CaseVerdict::small:
      return 4;
    case CaseVerdict::inconclusive:
      return 5;
    default:
      return 6;
  }
}

std::size_t series_of(CaseVerdict verdict) {
  int const urgent = urgency(verdict);
  if (urgent <= 1) return 1;
  if (urgent == 2) return 2;
  return urgent == 3 ? 3 : 0;
}

Cases with_ratio(Comparison const& comparison) {
  Cases cases;
  for (auto const& one : comparison.cases) {
    if (one.ratio && one.ratio_interval) cases.push_back(&one);
  }
  std::ranges::stable_sort(cases, {}, [](auto const* one) { return urgency(one->verdict); });
  if (cases.size() > most_drawn) cases.resize(most_drawn);
  return cases;
}

Axis axis_of(std::span<CaseComparison const* const> cases, double width) {
  double low = 0, high = 0;
  for (auto const* one : cases) {
    low = std::min({low, percent(one->ratio_interval->low), -100 * one->margin});
    high = std::max({high, percent(one->ratio_interval->high), 100 * one->margin});
  }
  return Axis::linear(std::max(low, -farthest_percent), std::min(high, farthest_percent), "",
                      width < wide_width ? 4 : 8)
      .titled("% change");
}

struct Layout {
  double row, name_room, word_room;
  bool above;
};
Layout layout_for(double width) {
  return width < wide_width ? Layout{40, 0, 0, true} : Layout{26, 250, 132, false};
}

Markup interval_of(CaseComparison const& one, Axis const& x, double middle) {
  double const margin = 100 * one.margin;
  auto const& interval = *one.ratio_interval;
  Markup all = svg_box({x.at(-margin), middle - 9}, x.at(margin) - x.at(-margin), 18, "band");
  all += svg_line({x.at(percent(interval.low)), middle}, {x.at(percent(interval.high)), middle}, "interval");
  all += svg_marker(series_of(one.verdict), {x.at(percent(*one.ratio)), middle},
                    fmt::format("{:+.2f} % [{:+.2f}, {:+.2f}]", percent(*one.ratio), percent(interval.low),
                                percent(interval.high)),
                    4.5);
  return all;
}

Markup case_row(CaseComparison const& one, Axis const& x, double top, double width, Layout const& layout) {
  double const middle = layout.above ? top + 28 : top + layout.row / 2;
  auto const word = fmt::format("{:+.1f} % {}", percent(*one.ratio), verdict_words(one.verdict));
  double const room = layout.above ? width - bold * text_width(word) - 12 : layout.name_room - 12;
  double const base = layout.above ? top + 13 : middle + 4;
  Markup all = svg_text({0, base}, fitting_middle(one.name, room));
  all += svg_text({width, base}, word, Anchor::end,
                  urgency(one.verdict) < 4 ? Literal("strong") : Literal("quiet"));
  all += interval_of(one, x, middle);
  return all;
}

Markup drawing(std::span<CaseComparison const* const> cases, double width) {
  auto const layout = layout_for(width);
  double const height = 4 + layout.row * static_cast<double>(cases.size()) + 36;
  PlotArea const area{layout.name_room, 4, width - layout.word_room - 12, height - 36};
  auto const x = axis_of(cases, width).onto(area.left + 6, area.right);
  Markup content = svg_x_axis(area, x);
  content += svg_line({x.at(0), area.top}, {x.at(0), area.bottom}, "limit");
  double top = area.top;
  for (auto const* one : cases) {
    content += case_row(*one, x, top, width, layout);
    top += layout.row;
  }
  return svg({"Changes with their intervals",
              "One row a case: the change, its interval, and the margin below which no change matters."},
             width, height, content);
}

Markup differences_of(Comparison const& comparison) {
  auto const table = comparison_differences(comparison);
  if (table.rows.empty()) return sentence("Hardware, software and settings: nothing stable differs.");
  auto const caption = fmt::format("What differs around the figures ({})", table.rows.size());
  return table.rows.size() <= 20 ? html_table(table, caption) : folded_table(table, caption);
}

Markup reasons_of(Comparison const& comparison) {
  std::vector<std::string> lines = comparison.notes;
  for (auto const& one : comparison.cases) {
    if (urgency(one.verdict) < 4 || one.verdict == CaseVerdict::missing || one.verdict == CaseVerdict::failed)
      lines.push_back(fmt::format("{} {}: {}", verdict_words(one.verdict), one.name, one.reason));
  }
  if (lines.empty()) return {};
  auto const list = capped_list(lines, 100);
  return lines.size() <= 6 ? list : folded(fmt::format("Reasons ({})", lines.size()), list);
}

Markup charts_of(Cases const& cases) {
  Markup charts;
  for (std::size_t first = 0; first < cases.size(); first += rows_of_drawing) {
    auto const some = std::span<CaseComparison const* const>(cases).subspan(
        first, std::min(rows_of_drawing, cases.size() - first));
    charts += in_both_widths([&](double width) { return drawing(some, width); });
  }
  return charts;
}

std::size_t count(Comparison const& comparison, int least, int most) {
  return static_cast<std::size_t>(std::ranges::count_if(comparison.cases, [=](auto const& one) {
    return urgency(one.verdict) >= least && urgency(one.verdict) <= most;
  }));
}

struct Judgement {
  std::string kind, word;  ///< kind: a class of the style sheet
};

std::size_t count(Comparison const& comparison, CaseVerdict verdict) {
  return static_cast<std::size_t>(std::ranges::count(comparison.cases, verdict, &CaseComparison::verdict));
}

std::string cases_are(std::size_t count) { return counted(count, "case is", "cases are"); }

/// Nothing is called good that could not be seen.
Judgement judgement_of(Comparison const& comparison) {
  auto const worse = count(comparison, 0, 1), better = count(comparison, 2, 2);
  auto const lost = count(comparison, CaseVerdict::missing) + count(comparison, CaseVerdict::failed);
  bool const decided = better + count(comparison, 4, 4) + count(comparison, CaseVerdict::equivalent) > 0;
  if (comparison.comparability == Comparability::incomparable) return {"warn", "! Not comparable"};
  if (worse > 0) return {"bad", "▼ " + cases_are(worse) + " worse"};
  if (lost > 0) return {"bad", "! " + cases_are(lost) + " missing or without a figure"};
  if (!decided) return {"warn", "~ No case could be decided"};
  if (better > 0) return {"good", "▲ " + cases_are(better) + " better, none is shown to be worse"};
  return {"good", "= No case is shown to have changed for the worse"};
}

Markup verdict_of(Comparison const& comparison) {
  auto const [kind, word] = judgement_of(comparison);
  Markup content =
      element("p", {{"class", "word"}},
              fmt::format("{} ({} against {})", word, comparison.candidate.label, comparison.base.label));
  content += element("p", comparison_summary(comparison));
  content += element("p", comparability_words(comparison));
  return element("div", {{"class", "verdict " + kind}}, content);
}

Markup block(Comparison const& comparison) {
  Markup content =
      element("h4", fmt::format("{} against {}", comparison.candidate.label, comparison.base.label));
  auto const charts = charts_of(with_ratio(comparison));
  if (!charts.empty())
    content += chart_block(
        "A marker is the change, the line through it its interval; the band is the margin below which no "
        "change matters.",
        charts, comparison_cases(comparison), "all cases compared");
  content += reasons_of(comparison);
  content += differences_of(comparison);
  return content;
}

}  // namespace

Markup comparison_boxes(std::vector<Comparison> const& comparisons) {
  Markup boxes;
  for (auto const& comparison : comparisons) boxes += verdict_of(comparison);
  return boxes;
}

Markup comparison_section(std::vector<Comparison> const& comparisons) {
  Markup content;
  for (auto const& comparison : comparisons) content += block(comparison);
  return content;
}

}  // namespace muster
