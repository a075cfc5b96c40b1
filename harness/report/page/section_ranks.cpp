// Every GPU as a dot: how far each is from the median of all in the same case.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "harness/core/counted.hpp"
#include "harness/core/quantities.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/rank_crowd.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

constexpr std::size_t rows_of_drawing = 24, each_drawn = 96, outliers_drawn = 40, worst_named = 20;
constexpr double lowest_percent = -30, highest_percent = 30;
constexpr double name_share = 0.45;  // of the crowd's width, for the name of the worst beside it

struct Row {
  double height, label_room;  ///< a phone has no room beside: labels stand above
  bool above;
};
Row row_for(double width) { return width < wide_width ? Row{44, 0, true} : Row{28, 250, false}; }

Axis percent_axis(std::span<Crowd const> crowds, double width) {
  double low = -1, high = 1, named = 0;
  for (auto const& crowd : crowds) {
    auto const [least, most] = std::ranges::minmax(crowd.ranks, {}, &RankPlace::percent);
    double const limit = crowd.limit_percent.value_or(0);
    low = std::min({low, least.percent, limit});
    high = std::max({high, most.percent, limit});
    if (crowd.ranks.front().stands_out) named = std::min(named, crowd.ranks.front().percent);
  }
  low = std::max(low, lowest_percent);
  high = std::min(high, highest_percent);
  if (named < 0 && width >= wide_width) low -= name_share * (high - std::max(named, low));
  return Axis::linear(low, high, "", width < wide_width ? 5 : 9).titled("% from the median of the case");
}

/// The crowd as a shape: as wide at each place as ranks are there.
Markup shape(Crowd const& crowd, Axis const& x, double middle, double half) {
  constexpr double bin = 3;
  std::map<int, std::size_t> bins;
  for (auto const& rank : crowd.ranks) ++bins[static_cast<int>(std::floor(x.at(rank.percent) / bin))];
  std::size_t most = 0;
  for (auto const& [at, count] : bins) most = std::max(most, count);
  Markup boxes;
  for (auto const& [at, count] : bins) {
    double const tall =
        std::max(1.0, half * std::sqrt(static_cast<double>(count) / static_cast<double>(most)));
    boxes += svg_box({at * bin, middle - tall}, bin, 2 * tall, "crowd");
  }
  return boxes;
}

std::string hint_of(Crowd const& crowd, RankPlace const& rank) {
  return fmt::format("{}: {} ({:+.1f} %)", rank.name, human(rank.value, crowd.result->metric.unit),
                     rank.percent);
}

std::size_t series_of(RankPlace const& rank) {
  if (rank.tainted) return 3;
  return rank.stands_out ? 1 : 0;
}

/// Those that stand out, or all if they are few.
Markup dots(Crowd const& crowd, Axis const& x, double middle) {
  bool const few = crowd.ranks.size() <= each_drawn;
  Markup marks;
  std::size_t drawn = 0;
  for (auto const& rank : crowd.ranks) {
    auto const series = series_of(rank);
    if (!few && (series == 0 || ++drawn > outliers_drawn)) continue;
    marks += svg_marker(series, {x.at(rank.percent), middle}, hint_of(crowd, rank), series == 0 ? 3.2 : 4);
  }
  return marks;
}

std::string worst_words(Crowd const& crowd) {
  auto const& worst = crowd.ranks.front();
  return worst.stands_out ? fmt::format("{} {:+.1f} %", worst.name, worst.percent) : "";
}

/// Of the worst, where it stands out: on the side away from the others, for which the axis leaves room.
Markup worst_label(Crowd const& crowd, Axis const& x, double middle) {
  auto const& worst = crowd.ranks.front();
  auto const text = worst_words(crowd);
  if (text.empty()) return {};
  bool const left = worst.percent < 0;
  double const at = std::clamp(x.at(worst.percent) + (left ? -8 : 8),
                               left ? x.from() + text_width(text) : x.from(), x.to());
  return svg_text({at, middle + 4}, text, left ? Anchor::end : Anchor::start, "quiet");
}

/// On a phone: in the line of the case's name.
Markup name_line(Crowd const& crowd, Axis const& x, double top) {
  auto const worst = worst_words(crowd);
  Markup line =
      svg_text({0, top + 13}, fitting_middle(spoken_name(*crowd.result), x.to() - text_width(worst) - 12));
  if (!worst.empty()) line += svg_text({x.to(), top + 13}, worst, Anchor::end, "quiet");
  return line;
}

Markup crowd_row(Crowd const& crowd, Axis const& x, double top, Row const& row) {
  double const middle = row.above ? top + 30 : top + row.height / 2;
  constexpr double half = 10;
  Markup all =
      row.above ? name_line(crowd, x, top)
                : svg_text({0, middle + 4}, fitting_middle(spoken_name(*crowd.result), row.label_room - 10));
  all += svg_line({x.from(), middle}, {x.to(), middle}, "grid");
  if (crowd.ranks.size() > each_drawn) all += shape(crowd, x, middle, half);
  all += svg_line({x.at(0), middle - half}, {x.at(0), middle + half}, "middle");
  if (crowd.limit_percent) {
    double const limit = x.at(*crowd.limit_percent);
    all += svg_line({limit, middle - half}, {limit, middle + half}, "limit");
  }
  all += dots(crowd, x, middle);
  if (!row.above) all += worst_label(crowd, x, middle);
  return all;
}

Markup drawing(std::span<Crowd const> crowds, double width) {
  auto const row = row_for(width);
  double const height = 6 + row.height * static_cast<double>(crowds.size()) + 34;
  PlotArea const area{row.label_room, 6, width - 12, height - 34};
  auto const x = percent_axis(crowds, width).onto(area.left + 6, area.right);
  Markup content = svg_x_axis(area, x);
  double top = area.top;
  for (auto const& crowd : crowds) {
    content += crowd_row(crowd, x, top, row);
    top += row.height;
  }
  return svg({"Every rank as a dot",
              counted(crowds.size(), "case") +
                  ", one row each: how far each rank lies from the case's median, in percent."},
             width, height, content);
}

/// How often a rank stands out, over all cases.
struct Suspect {
  std::string name;
  std::size_t cases = 0;
  double worst = 0;
  Crowd const* where = nullptr;
};

void accuse(std::map<std::string, Suspect>& by_name, Crowd const& crowd, RankPlace const& rank) {
  auto& suspect = by_name.try_emplace(rank.name, Suspect{rank.name}).first->second;
  ++suspect.cases;
  if (std::abs(rank.percent) <= std::abs(suspect.worst)) return;
  suspect.worst = rank.percent;
  suspect.where = &crowd;
}

std::vector<Suspect> suspects_of(std::vector<Crowd> const& crowds) {
  std::map<std::string, Suspect> by_name;
  for (auto const& crowd : crowds) {
    for (auto const& rank : crowd.ranks) {
      if (rank.stands_out) accuse(by_name, crowd, rank);
    }
  }
  std::vector<Suspect> list;
  for (auto const& [name, suspect] : by_name) list.push_back(suspect);
  std::ranges::stable_sort(list, [](auto const& a, auto const& b) {
    return a.cases != b.cases ? a.cases > b.cases : std::abs(a.worst) > std::abs(b.worst);
  });
  return list;
}

std::size_t most_ranks(std::vector<Crowd> const& crowds) {
  std::size_t most = 0;
  for (auto const& crowd : crowds) most = std::max(most, crowd.ranks.size());
  return most;
}

std::string says(std::vector<Crowd> const& crowds, std::vector<Suspect> const& suspects) {
  auto const& widest = *std::ranges::max_element(
      crowds, {}, [](Crowd const& crowd) { return (crowd.high - crowd.low) / crowd.median; });
  auto text = fmt::format("The middle 90 % of {} lie at most {:.1f} % apart ({}).",
                          counted(most_ranks(crowds), "rank"),
                          100 * (widest.high - widest.low) / widest.median, spoken_name(*widest.result));
  if (suspects.empty()) return text + " None stands out.";
  auto const& worst = suspects.front();
  return text + fmt::format(" {} out; most of all {}: in {} of {}, by up to {:.1f} % ({}).",
                            counted(suspects.size(), "stands", "stand"), worst.name, worst.cases,
                            counted(crowds.size(), "case"), std::abs(worst.worst),
                            spoken_name(*worst.where->result));
}

Table suspects_table(std::vector<Suspect> const& suspects) {
  Table table{{{"rank"}, {"cases in which it stands out", true}, {"farthest", true}, {"in"}}, {}};
  for (auto const& suspect : std::span(suspects).first(std::min(suspects.size(), worst_named)))
    table.rows.push_back({suspect.name, std::to_string(suspect.cases),
                          fmt::format("{:+.1f} %", suspect.worst), suspect.where->result->name});
  return table;
}

Table crowds_table(std::vector<Crowd> const& crowds) {
  Table table{{{"case"},
               {"ranks", true},
               {"median", true},
               {"5 %", true},
               {"95 %", true},
               {"limit", true},
               {"worst"},
               {"", true}},
              {}};
  for (auto const& crowd : crowds) {
    auto const& unit = crowd.result->metric.unit;
    auto const& worst = crowd.ranks.front();
    table.rows.push_back({crowd.result->name, std::to_string(crowd.ranks.size()), human(crowd.median, unit),
                          human(crowd.low, unit), human(crowd.high, unit),
                          crowd.limit_percent ? fmt::format("{:+.1f} %", *crowd.limit_percent) : "",
                          worst.name, fmt::format("{:+.1f} %", worst.percent)});
  }
  return table;
}

}  // namespace

Markup ranks_section(ReportedResult const& result) {
  auto const crowds = crowds_of(result);
  if (crowds.empty()) return {};
  auto const suspects = suspects_of(crowds);
  Markup charts;
  for (std::size_t first = 0; first < crowds.size(); first += rows_of_drawing) {
    auto const some = std::span(crowds).subspan(first, std::min(rows_of_drawing, crowds.size() - first));
    charts += in_both_widths([some](double width) { return drawing(some, width); });
  }
  Markup content = chart_block(says(crowds, suspects), charts, crowds_table(crowds), "ranks of each case");
  content +=
      sentence(fmt::format("The full line is the median of the case. Dashed: {}. Squares lie beyond that "
                           "line, or the check accuses "
                           "them by the cases of that kind together; diamonds are tainted; where ranks are "
                           "many, a shape stands for "
                           "the others.",
                           result.rule));
  if (!suspects.empty())
    content += html_table(suspects_table(suspects),
                          fmt::format("Ranks that stand out: {} of {}",
                                      std::min(suspects.size(), worst_named), suspects.size()));
  return content;
}

}  // namespace muster
