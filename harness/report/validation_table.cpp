#include "harness/report/validation_table.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "harness/core/quantities.hpp"

namespace muster {
namespace {

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }
std::string signed_percent(double share) { return fmt::format("{:+.1f} %", 100 * share); }

/// A step's or a sum's time; Linpack's rate of a GPU.
std::string figure(ValidatedPoint const& point, double seconds) {
  return point.kind == PublishedKind::linpack ? human(1 / seconds, "FLOP/s") : human(seconds, "s");
}

/// From the lower to the higher figure.
std::string band(ValidatedPoint const& point) {
  bool const rate = point.kind == PublishedKind::linpack;
  return figure(point, rate ? point.p90 : point.p10) + " to " + figure(point, rate ? point.p10 : point.p90);
}

std::string from(ValidatedPoint const& point) { return point.from.empty() ? "none" : point.from; }

std::vector<std::string> row(ValidatedPoint const& point) {
  return {"  " + point.series,
          from(point),
          point.to,
          figure(point, point.published),
          figure(point, point.p50),
          band(point),
          signed_percent(point.error),
          point.inside ? "inside" : "outside",
          point.unknown};
}

void add_rows(Table& table, Validation const& validation, bool known, std::string heading) {
  bool first = true;
  for (auto const& point : validation.points) {
    if (point.unknown.empty() != known) continue;
    if (first) table.rows.push_back({std::move(heading)});
    first = false;
    table.rows.push_back(row(point));
  }
}

std::string summary_line(ValidationSummary const& summary) {
  return fmt::format("median error {}, {} of them inside p10 to p90, the worst off by {}",
                     percent(summary.median_error), percent(summary.inside), percent(summary.worst_error));
}

std::string bar_words() {
  return fmt::format("median at most {}, {} inside, none off by more than {}", percent(most_median_error),
                     percent(least_inside), percent(most_error));
}

/// Points of one series from one premise, in a row of Markdown.
struct SeriesRow {
  std::string series, from, errors;
};

std::vector<SeriesRow> known_rows(Validation const& validation) {
  std::vector<SeriesRow> rows;
  for (auto const& point : validation.points) {
    if (!point.unknown.empty()) continue;
    bool const more = !rows.empty() && rows.back().series == point.series && rows.back().from == from(point);
    if (!more) rows.push_back({point.series, from(point), ""});
    auto& errors = rows.back().errors;
    errors += fmt::format("{}{}: {}{}", errors.empty() ? "" : ", ", point.to, signed_percent(point.error),
                          point.inside ? "" : " \\*");
  }
  return rows;
}

}  // namespace

Table validation_table(Validation const& validation) {
  Table table{{{""},
               {"GPUs measured", true},
               {"GPUs predicted", true},
               {"published", true},
               {"predicted", true},
               {"p10 to p90", true},
               {"error", true},
               {""},
               {""}},
              {}};
  add_rows(table, validation, true, "premises known");
  add_rows(table, validation, false, "apart: premises differ, do not count");
  return table;
}

std::string validation_summary(Validation const& validation) {
  if (validation.known.points == 0)
    return "nothing to judge: no published point has smaller ones with known premises\n";
  auto text = fmt::format("{} points with known premises: {}\n", validation.known.points,
                          summary_line(validation.known));
  if (validation.apart.points > 0)
    text += fmt::format("{} points apart: {}\n", validation.apart.points, summary_line(validation.apart));
  return text +
         fmt::format("the bar ({}) is {}\n", bar_words(), validation.known.passes() ? "met" : "NOT met");
}

std::string validation_text(Validation const& validation) {
  auto text = render_text(validation_table(validation)) + "\n" + validation_summary(validation);
  for (auto const& [family, lost, width] : validation.found)
    text += fmt::format(
        "{} was predicted with what the others say: steps take {:.2f} % longer with each doubling of "
        "nodes, bands {:.2f} times as wide as shipped\n",
        family, 100 * lost, width);
  return text;
}

std::string validation_markdown(Validation const& validation) {
  auto text = fmt::format(
      "{} points with known premises: {}. {} more points, whose premises differ, are predicted too and do "
      "not count: {}.\n\n"
      "| published figures | GPUs measured | GPUs predicted: error |\n|---|---|---|\n",
      validation.known.points, summary_line(validation.known), validation.apart.points,
      summary_line(validation.apart));
  for (auto const& [series, measured, errors] : known_rows(validation))
    text += fmt::format("| {} | {} | {} |\n", series, measured, errors);
  return text;
}

}  // namespace muster
