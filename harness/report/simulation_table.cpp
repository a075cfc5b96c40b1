#include "harness/report/simulation_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/quantities.hpp"

namespace muster {
namespace {

using project::Simulation;

std::string percent(double relative) { return fmt::format("{:+.1f} %", 100 * relative); }

std::vector<std::string> row(Simulation const& one) {
  return {"SIMULATED",
          one.scenario,
          one.name,
          fmt::format("{}", one.nodes),
          fmt::format("{:.3f} ms", 1e3 * one.simulated),
          fmt::format("{:.3f} ms", 1e3 * one.analytic),
          percent(one.difference()) + (one.agrees() ? "" : " !"),
          fmt::format("{} to {}", percent(one.lowest), percent(one.highest)),
          human_duration(one.took),
          one.note};
}

}  // namespace

Table simulations_table(std::vector<Simulation> const& simulations) {
  Table table{{{""},
               {"scenario"},
               {"job"},
               {"nodes", true},
               {"simulated", true},
               {"analytic", true},
               {"difference", true},
               {"may be", true},
               {"took", true},
               {"what"}},
              {}};
  std::ranges::transform(simulations, std::back_inserter(table.rows), row);
  return table;
}

std::string simulations_text(std::vector<Simulation> const& simulations) {
  if (simulations.empty()) return "";
  auto const outside = std::ranges::count_if(simulations, [](auto const& one) { return !one.agrees(); });
  return fmt::format("\nsimulated beside analytic times (SIMULATED)\n{}{} of {} outside their band\n",
                     render_text(simulations_table(simulations)), outside, simulations.size());
}

}  // namespace muster
