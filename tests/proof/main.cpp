// Prints the table of planted faults, and how often fleets are accused:
//   muster_planted_faults [--fleets N] [--nodes N]
// Ends with 1 where a fault was not named or anybody else was.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "harness/report/table.hpp"
#include "tests/proof/fleets.hpp"
#include "tests/proof/planted.hpp"

namespace muster::proof {
namespace {

bool print_planted() {
  Table table{{{"fault that is planted"}, {"check"}, {"named"}, {"others accused", true}, {"what was said"}},
              {}};
  bool good = true;
  for (auto const& planted : planted_faults()) {
    auto const outcome = try_out(planted);
    good = good && outcome.named && outcome.others.empty();
    table.rows.push_back({planted.fault,
                          planted.expected ? std::string(name(planted.expected->kind)) : "(none)",
                          !planted.expected ? "-"
                          : outcome.named   ? "yes"
                                            : "NO",
                          std::to_string(outcome.others.size()), outcome.said});
  }
  fmt::print("{}\n", render_text(table));
  return good;
}

bool print_trial(char const* what, FleetTrial const& trial) {
  fmt::print(
      "{} {} fleets: {} with an alarm against a healthy part ({} parts); {} of {} planted faults named\n",
      trial.fleets, what, trial.accused_fleets, trial.accused_parts, trial.planted - trial.missed,
      trial.planted);
  for (auto const& line : trial.said) fmt::print("  {}\n", line);
  return 100 * trial.accused_fleets <= trial.fleets && trial.missed == 0;
}

}  // namespace
}  // namespace muster::proof

int main(int argc, char** argv) {
  int fleets = 20, nodes = 90;
  CLI::App app{"plants the fault that each check exists for, and sees whether it is named, and nobody else"};
  app.add_option("--fleets", fleets, "healthy ones, and as many with 24 faults")->capture_default_str();
  app.add_option("--nodes", nodes, "of each, with 8 GPUs each")
      ->check(CLI::Range(10, 2000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  using namespace muster::proof;
  bool const named = print_planted();
  bool const healthy =
      print_trial("healthy", try_fleets(fleets, [&](auto seed) { return healthy_fleet(nodes, seed); }));
  bool const sick =
      print_trial("sick", try_fleets(fleets, [&](auto seed) { return sick_fleet(nodes, seed); }));
  return named && healthy && sick ? 0 : 1;
}
