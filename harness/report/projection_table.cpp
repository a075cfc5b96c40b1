#include "harness/report/projection_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "harness/core/quantities.hpp"
#include "harness/report/simulation_table.hpp"

namespace muster {
namespace {

using project::Band;
using project::ProjectedStep;
using project::Projection;

/// What every line of a projection begins with.
constexpr char const* mark = "PROJECTED";

/// Three significant digits: more than any projection knows.
std::string three(double value) {
  if (value == 0) return "0";
  int const digits = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fmt::format("{:.{}f}", value, std::max(0, 2 - digits));
}

/// "9.81 (8.90 to 10.4)"; of what is not uncertain only the figure.
std::string band_text(Band const& band, double divisor = 1) {
  if (band.p10 == band.p90) return three(band.p50 / divisor);
  return fmt::format("{} ({} to {})", three(band.p50 / divisor), three(band.p10 / divisor),
                     three(band.p90 / divisor));
}

/// With a prefix for all three: "1.77 M (1.42 to 2.16)".
std::string rate_text(Band const& band) {
  constexpr std::array<std::pair<double, char const*>, 3> prefixes{{{1e6, " M"}, {1e3, " k"}, {1, ""}}};
  auto const* const found =
      std::ranges::find_if(prefixes, [&](auto const& p) { return band.p50 >= p.first; });
  auto const [divisor, prefix] = found == prefixes.end() ? prefixes.back() : *found;
  return fmt::format("{}{} ({} to {})", three(band.p50 / divisor), prefix, three(band.p10 / divisor),
                     three(band.p90 / divisor));
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

/// "5", "5 to 7": the lists are known to their tenth place.
std::string rank_text(Band const& band) {
  auto const place = [](double rank) {
    return rank > 10 ? std::string("below 10") : fmt::format("{:.0f}", rank);
  };
  auto const best = place(band.p10), worst = place(band.p90);
  return best == worst ? best : fmt::format("{} ({} to {})", place(band.p50), best, worst);
}

/// With the sign: what moves is more or less.
std::string change(double relative) { return fmt::format("{:+.1f} %", 100 * relative); }

/// In the unit that people say it in.
std::string figure_text(Band const& band, std::string const& unit) {
  if (unit == "rank") return rank_text(band);
  if (unit == "s" && band.p10 == band.p90) return human_duration(band.p50);
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

int most_nodes(Projection const& projection) {
  int most = 1;
  for (auto const& step : projection.steps) most = std::max(most, step.nodes);
  return most;
}

/// Sizes of a table that is read: powers of eight, the largest, and what was measured.
bool is_shown(Projection const& projection, int nodes) {
  if (nodes == most_nodes(projection) || nodes == projection.premises.nodes) return true;
  while (nodes % 8 == 0) nodes /= 8;
  return nodes == 1;
}

void add_rates(Projection const& projection, std::string const& workload, bool all, Table& table) {
  table.rows.push_back({workload + ": samples/s"});
  std::set<int> nodes;
  for (auto const& step : projection.steps) {
    if (step.workload == workload && (all || is_shown(projection, step.nodes))) nodes.insert(step.nodes);
  }
  for (int const count : nodes) {
    std::vector<std::string> row{mark, std::to_string(count)};
    for (auto const& scenario : projection.scenarios) {
      auto const* step = find(projection, workload, count, scenario.name);
      row.push_back(step == nullptr ? "" : rate_text(step->useful_rate));
    }
    table.rows.push_back(std::move(row));
  }
}

std::vector<std::string> terms_row(ProjectedStep const& step) {
  auto const& terms = step.terms;
  std::vector<std::string> row{mark, step.scenario, human(terms.seconds, "s")};
  for (double const part : {terms.compute, terms.tensor, terms.communication, terms.stragglers, terms.noise,
                            terms.input, terms.unexplained, terms.rest})
    row.push_back(percent(part / terms.seconds));
  row.push_back(percent(step.efficiency.p50));
  row.push_back(percent(step.goodput.p50));
  row.emplace_back(word(terms.limit));
  return row;
}

std::vector<std::string> demands_row(ProjectedStep const& step) {
  bool const reads = step.terms.storage_demand > 0, fails = step.checkpoint_interval > 0;
  return {mark,
          step.scenario,
          step.joules.p50 > 0 ? figure_text(step.joules, "J") : "not known",
          reads ? human(step.terms.storage_demand, "B/s") : "nothing",
          fails ? human_duration(step.checkpoint_interval) : "not known",
          fmt::format("{:.4g}", step.extrapolation)};
}

/// Every workload and scenario on the most nodes.
void add_largest(Projection const& projection, std::vector<std::string> (*row)(ProjectedStep const&),
                 Table& table) {
  int const nodes = most_nodes(projection);
  for (auto const& workload : workloads_of(projection)) {
    table.rows.push_back({fmt::format("{} on {} nodes", workload, nodes)});
    for (auto const& scenario : projection.scenarios) {
      if (auto const* step = find(projection, workload, nodes, scenario.name))
        table.rows.push_back(row(*step));
    }
  }
}

std::string origin_line(project::Origin const& origin) {
  auto line = fmt::format("from      {} ({}, sha256 {})", printable(origin.label), origin.kind,
                          origin.sha256.substr(0, 12));
  if (!origin.stamps.empty()) line += fmt::format("; {}", fmt::join(origin.stamps, ", "));
  return line + "\n";
}

/// "" where nothing was.
std::string asked_line(project::Asked const& asked) {
  std::vector<std::string> parts;
  if (!asked.gpu.empty()) parts.push_back(fmt::format("measured on {}, as given", printable(asked.gpu)));
  if (asked.batch > 0) parts.push_back(fmt::format("batch {}", asked.batch));
  if (!asked.bucket.empty()) parts.push_back("buckets of " + printable(asked.bucket));
  for (auto const& change : asked.changes) parts.push_back(printable(change));
  return parts.empty() ? "" : fmt::format("asked     {}\n", fmt::join(parts, "; "));
}

/// What is the same in every scenario stands in the first one's column alone.
void shorten_alike(std::vector<std::string>& row) {
  auto const first = row.begin() + 2;
  if (row.end() - first < 2 ||
      !std::all_of(first, row.end(), [&](auto const& text) { return text == *first; }))
    return;
  std::fill(first + 1, row.end(), "same");
}

/// "900, more than there are", "none up to 100000".
std::string half_lost_text(project::HalfLost const& one) {
  if (one.nodes == 0) return fmt::format("none up to {}", one.searched);
  return fmt::format("{}{}", one.nodes, one.beyond ? ", more than there are" : "");
}

/// "138 (118 to 164)", "more than 720".
std::string goal_text(project::Goal const& goal, int most) {
  auto const count = [&](int nodes) {
    return nodes == 0 ? fmt::format("more than {}", most) : std::to_string(nodes);
  };
  if (goal.least == 0) return count(0);
  return fmt::format("{} ({} to {})", count(goal.nodes), count(goal.least), count(goal.most));
}

std::string words_of(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

}  // namespace

std::vector<project::Sensitivity> sensitivities_of(Projection const& projection,
                                                   std::string const& workload) {
  std::vector<project::Sensitivity> most;
  for (auto const& one : projection.sensitivities) {
    bool const first = !projection.scenarios.empty() && one.scenario == projection.scenarios.front().name;
    if (first && one.workload == workload) most.push_back(one);
  }
  return most;
}

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
    table.rows.push_back({mark, s.workload, s.scenario, std::to_string(s.nodes)});
    for (double const value : {s.step.p10, s.step.p50, s.step.p90, s.rate.p50, s.useful_rate.p10,
                               s.useful_rate.p50, s.useful_rate.p90, s.efficiency.p50, s.goodput.p50})
      table.rows.back().push_back(fmt::format("{:.6g}", value));
    table.rows.back().emplace_back(word(s.terms.limit));
    table.rows.back().push_back(fmt::format("{:.6g}", s.extrapolation));
  }
  return table;
}

Table rates_table(Projection const& projection, RatesOf sizes) {
  Table table{{{""}, {"nodes", true}}, {}};
  for (auto const& scenario : projection.scenarios) table.columns.push_back({scenario.name, true});
  for (auto const& workload : workloads_of(projection))
    add_rates(projection, workload, sizes == RatesOf::all_sizes, table);
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
               {"unexplained", true},
               {"rest", true},
               {"efficiency", true},
               {"goodput", true},
               {"limit"}},
              {}};
  add_largest(projection, terms_row, table);
  return table;
}

Table demands_table(Projection const& projection) {
  Table table{{{""},
               {"scenario"},
               {"energy of a sample", true},
               {"read from storage", true},
               {"a checkpoint every", true},
               {"times the measured nodes", true}},
              {}};
  add_largest(projection, demands_row, table);
  return table;
}

Table figures_table(Projection const& projection) {
  Table table{{{""}, {"figure"}}, {}};
  for (auto const& scenario : projection.scenarios) table.columns.push_back({scenario.name, true});
  table.columns.push_back({"of what"});
  for (auto const& name : in_order(projection.figures, [](auto const& figure) { return figure.name; })) {
    std::vector<std::string> row{mark, words_of(name)};
    std::string note;
    for (auto const& scenario : projection.scenarios) {
      auto const found = std::ranges::find_if(projection.figures, [&](auto const& figure) {
        return figure.name == name && figure.scenario == scenario.name;
      });
      bool const there = found != projection.figures.end();
      row.push_back(there ? figure_text(found->band, found->unit) : "");
      if (there && note.empty()) note = found->note;
    }
    shorten_alike(row);
    row.push_back(std::move(note));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table claims_table(Projection const& projection) {
  Table table{{{""}, {"what was said"}, {"said", true}, {"what comes out", true}, {"finding"}}, {}};
  for (auto const& one : projection.comparisons) {
    auto const& claim = one.claim;
    auto const said = figure_text({claim.said.value, claim.said.value, claim.said.value}, claim.unit);
    std::string ours;
    for (auto const& figure : one.ours) {
      auto const text = figure_text(figure.band, figure.unit);
      if (ours.find(text) == std::string::npos) ours += (ours.empty() ? "" : "; ") + text;
    }
    table.rows.push_back({mark, words_of(claim.name), said, ours, one.finding});
  }
  return table;
}

Table sensitivity_table(Projection const& projection) {
  Table table{{{""}, {"assumption"}, {"at its worse end", true}, {"at its better end", true}}, {}};
  for (auto const& workload : workloads_of(projection)) {
    auto const most = sensitivities_of(projection, workload);
    if (most.empty()) continue;
    table.rows.push_back({fmt::format("{} on {} nodes, {}: useful rate", workload, most_nodes(projection),
                                      most.front().scenario)});
    for (auto const& one : most)
      table.rows.push_back(
          {mark, one.assumption, change(std::min(one.low, one.high)), change(std::max(one.low, one.high))});
  }
  return table;
}

Table goals_table(Projection const& projection) {
  Table table{{{""}, {"workload"}, {"goal", true}}, {}};
  for (auto const& scenario : projection.scenarios) table.columns.push_back({scenario.name, true});
  for (auto const& workload : in_order(projection.goals, [](auto const& goal) { return goal.workload; })) {
    std::vector<std::string> row{mark, workload, ""};
    for (auto const& goal : projection.goals) {
      if (goal.workload != workload) continue;
      row[2] = human(goal.rate, "samples/s");
      row.push_back(goal_text(goal, most_nodes(projection)));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table half_lost_table(Projection const& projection) {
  Table table{{{""}, {"workload"}, {"scenario"}}, {}};
  auto const causes = in_order(projection.half_lost, [](auto const& one) { return one.cause; });
  for (auto const cause : causes) table.columns.push_back({std::string(word(cause)), true});
  for (auto const& workload : in_order(projection.half_lost, [](auto const& one) { return one.workload; })) {
    std::vector<std::string> first;  // cells of the first scenario: others stand only where they differ
    for (auto const& scenario : projection.scenarios) {
      std::vector<std::string> cells;
      for (auto const& one : projection.half_lost) {
        if (one.workload == workload && one.scenario == scenario.name) cells.push_back(half_lost_text(one));
      }
      if (cells == first) continue;
      if (first.empty()) first = cells;
      table.rows.push_back({mark, workload, scenario.name});
      table.rows.back().insert(table.rows.back().end(), cells.begin(), cells.end());
    }
  }
  return table;
}

std::string projection_head(Projection const& projection) {
  auto text = fmt::format("PROJECTED, not measured: {}", projection.cluster);
  if (!projection.summary.empty()) text += fmt::format(", {}", projection.summary);
  text += "\n";
  if (!projection.announcement.empty()) text += fmt::format("only announced: {}\n", projection.announcement);
  if (!projection.cluster_sha256.empty())
    text += fmt::format("to        {} (sha256 {})\n", projection.cluster,
                        projection.cluster_sha256.substr(0, 12));
  for (auto const& origin : projection.premises.origins) text += origin_line(origin);
  text += asked_line(projection.asked);
  return text + fmt::format(
                    "model {}, {} draws, seed {}; a figure is the middle of the draws, and eight of ten lie "
                    "between the "
                    "two in brackets, if the assumptions hold\n",
                    project::model_version, projection.draws, projection.seed);
}

std::string projection_warnings(Projection const& projection) {
  std::string text;
  for (auto const* list : {&projection.warnings, &projection.premises.missing}) {
    for (auto const& warning : *list) text += fmt::format("! PROJECTED: {}\n", printable(warning));
  }
  return text;
}

std::string projection_text(Projection const& projection) {
  auto text = projection_head(projection);
  struct Block {
    char const* title;
    Table table;
  };
  for (auto const& [title, table] :
       {Block{"useful rate", rates_table(projection, RatesOf::some_sizes)},
        Block{"nodes for a goal", goals_table(projection)},
        Block{"where the time goes", terms_table(projection)},
        Block{"what it asks for", demands_table(projection)}, Block{"figures", figures_table(projection)},
        Block{"what was said of it", claims_table(projection)},
        Block{"what moves the answer", sensitivity_table(projection)},
        Block{"half of the time is lost to it from so many nodes on", half_lost_table(projection)}}) {
    if (!table.rows.empty()) text += fmt::format("\n{} (PROJECTED)\n{}", title, render_text(table));
  }
  text += simulations_text(projection.simulations);
  auto const warnings = projection_warnings(projection);
  return warnings.empty() ? text : text + "\n" + warnings;
}

}  // namespace muster
