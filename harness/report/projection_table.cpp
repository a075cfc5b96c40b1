#include "harness/report/projection_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/core/quantities.hpp"

namespace muster {
namespace {

using project::Band;
using project::ProjectedStep;
using project::Projection;

/// What every line of a projection begins with.
std::string mark(ProjectedStep const& step) { return step.measured ? "measured there" : "PROJECTED"; }

/// Three significant digits: more than any projection knows.
std::string three(double value) {
  if (value == 0) return "0";
  int const digits = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fmt::format("{:.{}f}", value, std::max(0, 2 - digits));
}

/// "9.81 (8.90 to 10.4)".
std::string band_text(Band const& band, double divisor = 1) {
  return fmt::format("{} ({} to {})", three(band.p50 / divisor), three(band.p10 / divisor),
                     three(band.p90 / divisor));
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

/// With the sign: what moves is more or less.
std::string change(double relative) { return fmt::format("{:+.1f} %", 100 * relative); }

/// In the unit that people say it in.
std::string figure_text(Band const& band, std::string const& unit) {
  if (unit == "s")
    return fmt::format("{} ({} to {})", human_duration(band.p50), human_duration(band.p10),
                       human_duration(band.p90));
  auto const scale = common_scale(band.p90, unit);
  return fmt::format("{} {}", band_text(band, scale.divisor), scale.unit);
}

template <class Range, class Key>
auto in_order(Range const& range, Key const& key) {
  using Value = std::decay_t<decltype(key(*range.begin()))>;
  std::vector<Value> seen;
  for (auto const& one : range) {
    if (std::ranges::find(seen, key(one)) == seen.end()) seen.push_back(key(one));
  }
  return seen;
}

std::vector<std::string> workloads_of(Projection const& projection) {
  return in_order(projection.steps, [](auto const& step) { return step.workload; });
}

ProjectedStep const* find(Projection const& projection, std::string const& workload, int nodes,
                          std::string const& scenario) {
  auto const found = std::ranges::find_if(projection.steps, [&](auto const& step) {
    return step.workload == workload && step.nodes == nodes && step.scenario == scenario;
  });
  return found == projection.steps.end() ? nullptr : &*found;
}

/// Rates of one workload are all in one unit, so that a column can be read from top to bottom.
Scale scale_of(Projection const& projection, std::string const& workload) {
  double largest = 0;
  for (auto const& step : projection.steps) {
    if (step.workload == workload) largest = std::max(largest, step.useful_rate.p90);
  }
  constexpr std::array<std::pair<double, char const*>, 3> scales{
      {{1e6, "million samples/s"}, {1e3, "thousand samples/s"}, {1, "samples/s"}}};
  for (auto const& [divisor, unit] : scales) {
    if (largest >= divisor) return {divisor, unit};
  }
  return {1, "samples/s"};
}

void add_rates(Projection const& projection, std::string const& workload, Table& table) {
  auto const scale = scale_of(projection, workload);
  table.rows.push_back({fmt::format("{}: {}", workload, scale.unit)});
  std::set<int> nodes;
  for (auto const& step : projection.steps) {
    if (step.workload == workload) nodes.insert(step.nodes);
  }
  for (int const count : nodes) {
    std::vector<std::string> row{"PROJECTED", std::to_string(count)};
    for (auto const& scenario : projection.scenarios) {
      auto const* step = find(projection, workload, count, scenario.name);
      row.push_back(step == nullptr ? "" : band_text(step->useful_rate, scale.divisor));
      if (step != nullptr) row.front() = mark(*step);
    }
    table.rows.push_back(std::move(row));
  }
}

int most_nodes(Projection const& projection) {
  int most = 1;
  for (auto const& step : projection.steps) most = std::max(most, step.nodes);
  return most;
}

std::vector<std::string> terms_row(ProjectedStep const& step) {
  auto const& terms = step.terms;
  std::vector<std::string> row{mark(step), step.scenario, human(terms.seconds, "s")};
  for (double const part : {terms.compute, terms.tensor, terms.communication, terms.stragglers, terms.noise,
                            terms.input, terms.rest})
    row.push_back(percent(part / terms.seconds));
  row.push_back(percent(step.efficiency.p50));
  row.push_back(percent(step.goodput.p50));
  row.emplace_back(word(terms.limit));
  return row;
}

/// In the order of the steps' names.
std::string origin_line(project::Origin const& origin) {
  auto line = fmt::format("from      {} ({}, sha256 {})", printable(origin.label), origin.kind,
                          origin.sha256.substr(0, 12));
  if (!origin.stamps.empty()) line += fmt::format("; {}", fmt::join(origin.stamps, ", "));
  return line + "\n";
}

std::string words_of(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

}  // namespace

Table steps_table(Projection const& projection) {
  Table table{{{"what"},
               {"workload"},
               {"scenario"},
               {"nodes", true},
               {"step_p10_s", true},
               {"step_p50_s", true},
               {"step_p90_s", true},
               {"rate_p50", true},
               {"useful_rate_p10", true},
               {"useful_rate_p50", true},
               {"useful_rate_p90", true},
               {"efficiency_p50", true},
               {"goodput_p50", true},
               {"limit"},
               {"extrapolation", true}},
              {}};
  for (auto const& s : projection.steps) {
    table.rows.push_back({mark(s), s.workload, s.scenario, std::to_string(s.nodes)});
    for (double const value : {s.step.p10, s.step.p50, s.step.p90, s.rate.p50, s.useful_rate.p10,
                               s.useful_rate.p50, s.useful_rate.p90, s.efficiency.p50, s.goodput.p50})
      table.rows.back().push_back(fmt::format("{:.6g}", value));
    table.rows.back().emplace_back(word(s.terms.limit));
    table.rows.back().push_back(fmt::format("{:.6g}", s.extrapolation));
  }
  return table;
}

Table rates_table(Projection const& projection) {
  Table table{{{""}, {"nodes", true}}, {}};
  for (auto const& scenario : projection.scenarios) table.columns.push_back({scenario.name, true});
  for (auto const& workload : workloads_of(projection)) add_rates(projection, workload, table);
  return table;
}

Table terms_table(Projection const& projection) {
  Table table{{{""},
               {"scenario"},
               {"step", true},
               {"compute", true},
               {"sums in layers", true},
               {"communication", true},
               {"stragglers", true},
               {"noise", true},
               {"input", true},
               {"rest", true},
               {"efficiency", true},
               {"goodput", true},
               {"limit"}},
              {}};
  int const nodes = most_nodes(projection);
  for (auto const& workload : workloads_of(projection)) {
    table.rows.push_back({fmt::format("{} on {} nodes", workload, nodes)});
    for (auto const& scenario : projection.scenarios) {
      if (auto const* step = find(projection, workload, nodes, scenario.name))
        table.rows.push_back(terms_row(*step));
    }
  }
  return table;
}

Table figures_table(Projection const& projection) {
  Table table{{{""}, {"figure"}, {"scenario"}, {"nodes", true}, {"p50 (p10 to p90)", true}, {"of what"}}, {}};
  for (auto const& figure : projection.figures)
    table.rows.push_back({"PROJECTED", words_of(figure.name), figure.scenario, std::to_string(figure.nodes),
                          figure_text(figure.band, figure.unit), figure.note});
  return table;
}

Table claims_table(Projection const& projection) {
  Table table{{{""}, {"what was said"}, {"said", true}, {"what comes out", true}, {"finding"}}, {}};
  for (auto const& one : projection.comparisons) {
    auto const& claim = one.claim;
    auto const said =
        claim.unit == "rank" ? fmt::format("{:.0f}.", claim.said.value) : human(claim.said.value, claim.unit);
    std::string ours;
    for (auto const& figure : one.ours) {
      auto const text = claim.unit == "rank" ? band_text(figure.band) : figure_text(figure.band, figure.unit);
      if (ours.find(text) == std::string::npos) ours += (ours.empty() ? "" : "; ") + text;
    }
    table.rows.push_back({"PROJECTED", words_of(claim.name), said, ours, one.finding});
  }
  return table;
}

Table sensitivity_table(Projection const& projection) {
  Table table{{{""}, {"assumption"}, {"at its worse end", true}, {"at its better end", true}}, {}};
  for (auto const& workload : in_order(projection.sensitivities, [](auto const& s) { return s.workload; })) {
    table.rows.push_back({fmt::format("{}: useful rate on {} nodes", workload, most_nodes(projection))});
    for (auto const& one : projection.sensitivities) {
      if (one.workload == workload)
        table.rows.push_back({"PROJECTED", one.assumption, change(std::min(one.low, one.high)),
                              change(std::max(one.low, one.high))});
    }
  }
  return table;
}

Table half_lost_table(Projection const& projection) {
  Table table{{{""}, {"workload"}, {"scenario"}, {"half is lost to"}, {"from nodes", true}}, {}};
  for (auto const& one : projection.half_lost)
    table.rows.push_back({"PROJECTED", one.workload, one.scenario, std::string(word(one.cause)),
                          one.nodes == 0 ? "never" : std::to_string(one.nodes)});
  return table;
}

std::string projection_head(Projection const& projection) {
  auto text = fmt::format("PROJECTED, not measured: {}", projection.cluster);
  if (!projection.summary.empty()) text += fmt::format(", {}", projection.summary);
  text += "\n";
  if (!projection.announcement.empty()) text += fmt::format("only announced: {}\n", projection.announcement);
  for (auto const& origin : projection.premises.origins) text += origin_line(origin);
  return text + fmt::format(
                    "model {}, {} draws, seed {}; a figure is the middle of the draws, and eight of ten lie "
                    "between the "
                    "two in brackets, if the assumptions hold\n",
                    project::model_version, projection.draws, projection.seed);
}

std::string projection_warnings(Projection const& projection) {
  std::string text;
  for (auto const& warning : projection.warnings)
    text += fmt::format("! PROJECTED: {}\n", printable(warning));
  return text;
}

std::string projection_text(Projection const& projection) {
  auto text = projection_head(projection);
  struct Block {
    char const* title;
    Table table;
  };
  for (auto const& [title, table] :
       {Block{"useful rate", rates_table(projection)}, Block{"where the time goes", terms_table(projection)},
        Block{"figures", figures_table(projection)}, Block{"what was said of it", claims_table(projection)},
        Block{"what moves the answer", sensitivity_table(projection)},
        Block{"half lost", half_lost_table(projection)}}) {
    if (!table.rows.empty()) text += fmt::format("\n{} (PROJECTED)\n{}", title, render_text(table));
  }
  auto const warnings = projection_warnings(projection);
  return warnings.empty() ? text : text + "\n" + warnings;
}

}  // namespace muster
