#include "harness/report/stage_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "harness/core/quantities.hpp"
#include "harness/report/collective_table.hpp"

namespace muster {
namespace {

/// In the order in which a record goes through them.
constexpr std::array stages{"read", "copy", "decode", "preprocess", "consumer"};

/// A queue of batches lies in front of one of these, the first that the case has.
struct Queue {
  std::string_view name;
  std::array<std::string_view, 3> before;
};
constexpr std::array queues{Queue{"encoded", {"copy", "decode", "consumer"}},
                            Queue{"prepared", {"consumer", "", ""}}};

std::optional<Figure> figure(CaseResult const& result, std::string const& name) {
  auto const found = std::ranges::find(result.figures, name, &Figure::name);
  return found == result.figures.end() ? std::nullopt : std::optional(*found);
}

double number(CaseResult const& result, std::string const& name) {
  return figure_of(result, name).value_or(0);
}

std::string human_of(CaseResult const& result, std::string const& name) {
  auto const found = figure(result, name);
  return found ? human(found->value, found->unit) : "";
}

std::string percent(std::optional<double> const& share) {
  return share ? fmt::format("{:.0f} %", 100 * *share) : "";
}

/// Of something that may be a small part or many times as much: "1.2 %", "64 %", "1,390 %".
std::string percent_of_demand(double share) {
  return share < 0.1 ? fmt::format("{:.1f} %", 100 * share) : human(std::round(100 * share), "%");
}

bool has_stage(CaseResult const& result, std::string const& stage) {
  return figure(result, stage + "_alone") || figure(result, stage + "_inside");
}

/// "encoded: 95 % filled, empty 2 % of the time, full 90 %"
std::string queue_words(CaseResult const& result, std::string const& queue) {
  auto const share = [&](char const* what) { return percent(figure_of(result, queue + what)); };
  return fmt::format("{}: {} filled, empty {} of the time, full {}", queue, share("_occupancy"),
                     share("_empty"), share("_full"));
}

std::string queue_before(CaseResult const& result, std::string_view stage) {
  for (auto const& queue : queues) {
    auto const first = std::ranges::find_if(
        queue.before, [&](auto before) { return has_stage(result, std::string(before)); });
    std::string const name(queue.name);
    if (first != queue.before.end() && *first == stage && figure(result, name + "_occupancy"))
      return queue_words(result, name);
  }
  return "";
}

std::vector<std::string> row_of(CaseResult const& result, std::string const& stage) {
  return {"    " + stage, human_of(result, stage + "_alone"), human_of(result, stage + "_inside"),
          percent(figure_of(result, stage + "_busy")), queue_before(result, stage)};
}

/// "6.9 times as much"; what is below 1.05 is nothing that a person would act on.
std::string gain(double factor) {
  return factor < 1.05 ? "no more than now" : fmt::format("{:.1f} times as much", factor);
}

std::string bottleneck_line(CaseResult const& result) {
  auto const stage = fact_of(result, "bottleneck");
  if (stage.empty()) return "";
  if (stage.find(';') != std::string::npos)
    return fmt::format("    bottleneck: not the same everywhere: {}", stage);
  auto text = fmt::format("    bottleneck: {} ({})", stage, fact_of(result, "bottleneck_reason"));
  if (figure(result, "bottleneck_limit"))
    text += fmt::format("; limit {}", human_of(result, "bottleneck_limit"));
  if (!figure(result, "without_bottleneck")) return text;
  return text + fmt::format("; without it {} would allow {}, {}", fact_of(result, "next_bottleneck"),
                            human_of(result, "without_bottleneck"),
                            gain(number(result, "without_bottleneck_factor")));
}

std::string batch_line(CaseResult const& result) {
  if (!figure(result, "batch_time_p50")) return "";
  auto text = fmt::format("    batches: {} median, {} p99, {} longest", human_of(result, "batch_time_p50"),
                          human_of(result, "batch_time_p99"), human_of(result, "batch_time_max"));
  if (auto const stall = figure_of(result, "stall_share"))
    text += fmt::format("; the consumer waits {} of the time", percent(stall));
  // A consumer of its own has the queue in its row.
  if (figure(result, "prepared_occupancy") && !has_stage(result, "consumer"))
    text += "; " + queue_words(result, "prepared");
  return text;
}

std::string cores_line(CaseResult const& result) {
  std::vector<std::string> parts;
  if (auto const cores = figure_of(result, "cpu_cores"))
    parts.push_back(fmt::format("{:.2f} CPU cores", *cores));
  if (auto const cores = figure_of(result, "cpu_cores_workers"))
    parts.push_back(fmt::format("{:.2f} of them decode and preprocess", *cores));
  if (auto const cores = figure_of(result, "cpu_cores_reading"))
    parts.push_back(fmt::format("{:.2f} read", *cores));
  if (figure(result, "storage_bandwidth"))
    parts.push_back(human_of(result, "storage_bandwidth") + " from storage");
  if (auto const pixels = figure_of(result, "pixel_rate"))
    parts.push_back(fmt::format("{:.4g} megapixels/s", *pixels / 1e6));
  if (parts.empty()) return "";
  std::string text = "    uses: " + parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) text += ", " + parts[i];
  return text;
}

std::string utilisation_line(CaseResult const& result) {
  auto const share = figure_of(result, "accelerator_utilisation");
  if (!share) return "";
  auto text = fmt::format("    accelerator utilisation (DLIO's formula): {:.1f} %", 100 * *share);
  if (auto const wanted = figure_of(result, "expected_utilisation"))
    text += fmt::format(", {} the {:.0f} % that MLPerf Storage asks for",
                        *share >= *wanted ? "at least" : "BELOW", 100 * *wanted);
  return text;
}

/// What the article's demand is in things of this set.
std::string article_words(CaseResult const& result) {
  std::string text;
  if (figure(result, "article_images"))
    text += fmt::format(" = {} of this set", human_of(result, "article_images"));
  if (figure(result, "article_frames"))
    text += fmt::format(" = {} of 1280 x 960, {:.2g} cars' cameras", human_of(result, "article_frames"),
                        number(result, "article_cars"));
  return text;
}

/// In full for the first case on a set, so that a long table does not say the same over and over.
std::string article_line(CaseResult const& result, std::string& said) {
  if (!figure(result, "article_demand")) return "";
  auto const words = article_words(result);
  auto text = fmt::format("    a GPU of the 2021 cluster gets {}", human_of(result, "article_demand"));
  if (std::exchange(said, words) != words) text += words;
  if (auto const share = figure_of(result, "article_share_read"))
    text += fmt::format("; reading alone {} of it", percent_of_demand(*share));
  if (auto const share = figure_of(result, "article_share_sustained"))
    text += fmt::format("; this pipeline {}", percent_of_demand(*share));
  return text;
}

void add_case(Table& table, CaseResult const& result, std::string& article_said) {
  table.rows.push_back({"  " + result.name});
  for (std::string const stage : stages) {
    if (has_stage(result, stage)) table.rows.push_back(row_of(result, stage));
  }
  for (auto const& line : {bottleneck_line(result), utilisation_line(result), batch_line(result),
                           cores_line(result), article_line(result, article_said)}) {
    if (!line.empty()) table.rows.push_back({line});
  }
}

/// Workloads of a single stage have their figure in the table of cases.
bool has_stages(CaseResult const& result) {
  return result.status == CaseStatus::ok && !fact_of(result, "bottleneck").empty();
}

}  // namespace

std::string fact_of(CaseResult const& result, std::string_view name) {
  for (auto const& [fact, value] : result.facts) {
    if (fact == name) return value;
  }
  return "";
}

Table stage_table(Document const& document) {
  Table table{{{""}, {"alone", true}, {"in the pipeline", true}, {"busy", true}, {"queue before it"}}, {}};
  std::string article_said;
  for (auto const& result : document.cases) {
    if (has_stages(result)) add_case(table, result, article_said);
  }
  if (!table.rows.empty()) table.rows.insert(table.rows.begin(), {"stages"});
  return table;
}

}  // namespace muster
