// The stages of input pipelines: what each does alone, what it did inside, how busy it was, and which one
// holds it up.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/core/quantities.hpp"
#include "harness/report/collective_table.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/stage_table.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

struct Stage {
  std::string name;
  std::optional<double> alone{}, inside{}, busy{};
};

struct Pipeline {
  CaseResult const* result = nullptr;
  double rate = 0;
  std::vector<Stage> stages{};
};

std::optional<double> positive(CaseResult const& result, std::string const& name) {
  auto const value = figure_of(result, name);
  return value && *value > 0 ? value : std::nullopt;
}

std::vector<Stage> stages_of(CaseResult const& result) {
  std::vector<Stage> stages;
  for (std::string const name : {"read", "copy", "decode", "preprocess", "consumer"}) {
    Stage stage{name, positive(result, name + "_alone"), positive(result, name + "_inside"),
                figure_of(result, name + "_busy")};
    if (stage.alone || stage.inside) stages.push_back(stage);
  }
  return stages;
}

std::vector<Pipeline> pipelines_of(Document const& document) {
  std::vector<Pipeline> pipelines;
  for (auto const& result : document.cases) {
    auto const value = figure_value(result);
    if (!value || *value <= 0 || fact_of(result, "bottleneck").empty()) continue;
    auto stages = stages_of(result);
    if (!stages.empty()) pipelines.push_back({&result, *value, std::move(stages)});
  }
  return pipelines;
}

std::string says(Pipeline const& pipeline) {
  auto const& result = *pipeline.result;
  auto text = fmt::format("{}: {}; what holds it up is {}", spoken_name(result),
                          human(pipeline.rate, result.metric.unit), fact_of(result, "bottleneck"));
  if (auto const reason = fact_of(result, "bottleneck_reason"); !reason.empty())
    text += fmt::format(" ({})", reason);
  if (auto const factor = figure_of(result, "without_bottleneck_factor"); factor && *factor >= 1.05)
    text += fmt::format("; if that took no time, {} would allow {:.1f} times as much",
                        fact_of(result, "next_bottleneck"), *factor);
  return text + ".";
}

Axis rate_axis(Pipeline const& pipeline, double width) {
  double low = pipeline.rate, high = pipeline.rate;
  for (auto const& stage : pipeline.stages) {
    for (auto const& value : {stage.alone, stage.inside}) {
      if (!value) continue;
      low = std::min(low, *value);
      high = std::max(high, *value);
    }
  }
  auto const& unit = pipeline.result->metric.unit;
  return Axis::decades(low, high, unit, width < wide_width ? 4 : 5).titled(unit);
}

constexpr double row = 30;

Markup rates(Pipeline const& pipeline, PlotArea const& area, Axis const& x) {
  auto const& unit = pipeline.result->metric.unit;
  Markup all = svg_x_axis(area, x);
  all += svg_line({x.at(pipeline.rate), area.top}, {x.at(pipeline.rate), area.bottom}, "middle");
  double middle = area.top + row / 2;
  for (auto const& stage : pipeline.stages) {
    all += svg_line({area.left, middle}, {area.right, middle}, "grid");
    if (stage.alone && stage.inside)
      all += svg_line({x.at(*stage.alone), middle}, {x.at(*stage.inside), middle}, "stem");
    if (stage.inside)
      all += svg_marker(1, {x.at(*stage.inside), middle}, "inside: " + human(*stage.inside, unit), 4.5);
    if (stage.alone)
      all += svg_marker(0, {x.at(*stage.alone), middle}, "alone: " + human(*stage.alone, unit), 4.5);
    middle += row;
  }
  return all;
}

Markup busy_bars(Pipeline const& pipeline, PlotArea const& area) {
  auto const x = Axis::linear(0, 100, "", 2).titled("% busy").onto(area.left, area.right);
  Markup all = svg_x_axis(area, x);
  double middle = area.top + row / 2;
  for (auto const& stage : pipeline.stages) {
    if (stage.busy) {
      bool const holds = stage.name == fact_of(*pipeline.result, "bottleneck");
      double const end = x.at(100 * *stage.busy);
      all += svg_bar(holds ? 1 : 0, {x.from(), middle - 7}, end - x.from(), 14);
      auto const label = fmt::format("{:.0f} %", 100 * *stage.busy);
      all += svg_text({end + 6, middle + 4}, label);
    }
    middle += row;
  }
  return all;
}

Markup names(Pipeline const& pipeline, double top) {
  Markup all;
  double middle = top + row / 2;
  for (auto const& stage : pipeline.stages) {
    bool const holds = stage.name == fact_of(*pipeline.result, "bottleneck");
    all += svg_text({0, middle + 4}, stage.name, Anchor::start, holds ? Literal("strong") : Literal("label"));
    middle += row;
  }
  return all;
}

Markup drawing(Pipeline const& pipeline, double width) {
  bool const narrow = width < wide_width;
  auto const legend = svg_legend({"alone", "inside the pipeline"}, {narrow ? 0.0 : 90.0, 0}, width - 90);
  double const top = legend.height + 20,
               height = top + row * static_cast<double>(pipeline.stages.size()) + 36;
  double const split = narrow ? width * 0.68 : width * 0.7;
  PlotArea const left{narrow ? 78.0 : 90.0, top, split - 14, height - 36};
  PlotArea const right{split + 8, top, width - 44, height - 36};
  auto const x = rate_axis(pipeline, width).onto(left.left + 6, left.right - 6);
  Markup content = legend.markup;
  content += {rates(pipeline, left, x), busy_bars(pipeline, right), names(pipeline, top)};
  double const at = x.at(pipeline.rate);
  content += svg_text({at, top - 6}, "pipeline " + human(pipeline.rate, pipeline.result->metric.unit),
                      at > (left.left + left.right) / 2 ? Anchor::end : Anchor::start, "strong");
  return svg({"Stages of " + pipeline.result->name, says(pipeline)}, width, height, content);
}

}  // namespace

Markup stages_section(ReportedResult const& result) {
  Markup charts;
  for (auto const& pipeline : pipelines_of(result.document)) {
    Markup figure = element("h4", spoken_name(*pipeline.result));
    figure += element("figcaption", {{"class", "says"}}, says(pipeline));
    figure += in_both_widths([&](double width) { return drawing(pipeline, width); });
    charts += element("figure", figure);
  }
  if (charts.empty()) return {};
  charts += folded_table(stage_table(result.document), "stages, with queues, batches and cores");
  return {
      sentence(
          "Circles: a stage with nothing else going on. Squares: what it did while it was busy inside the "
          "pipeline. A busy share near 100 % marks the stage that holds up the others."),
      charts};
}

}  // namespace muster
