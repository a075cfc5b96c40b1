// Writes an invented run folder, for tests that are no C++ and for trying things by hand:
//   muster_fleet FOLDER [--nodes N] [--gpus N] [--launches N] [--gemm N] [--memory N] [--collectives N]
//   [--seed N] [--change X] [--samples]
//                [--slow NODE.GPU=0.04]... [--link A-B=0.3]...
//                [--fault NODE.GPU=remap|pcie|nvlink|ecc]...
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "tests/fleet/fleet.hpp"

namespace {

void add_slow(muster::fleet::Fleet& fleet, std::string const& text) {
  auto const dot = text.find('.'), equals = text.find('=');
  fleet.faults[{std::stoi(text.substr(0, dot)), std::stoi(text.substr(dot + 1, equals - dot - 1))}].slower =
      std::stod(text.substr(equals + 1));
}

/// A sick GPU whose speed is that of the others.
void add_fault(muster::fleet::Fleet& fleet, std::string const& text) {
  auto const dot = text.find('.'), equals = text.find('=');
  auto& fault =
      fleet.faults[{std::stoi(text.substr(0, dot)), std::stoi(text.substr(dot + 1, equals - dot - 1))}];
  auto const what = text.substr(equals + 1);
  if (what == "remap") fault.remap_pending = true;
  if (what == "pcie") fault.pcie_width = 8;
  if (what == "nvlink") fault.nvlinks = 10;
  if (what == "ecc") fault.uncorrected_errors = 1;
}

void add_link(muster::fleet::Fleet& fleet, std::string const& text) {
  auto const dash = text.find('-'), equals = text.find('=');
  fleet.slow_links[{std::stoi(text.substr(0, dash)), std::stoi(text.substr(dash + 1, equals - dash - 1))}] =
      std::stod(text.substr(equals + 1));
}

}  // namespace

int main(int argc, char** argv) {
  muster::fleet::Fleet fleet;
  std::string folder;
  std::vector<std::string> slow, links, faults;
  CLI::App app{"writes the run folder of machines that do not exist"};
  app.add_option("FOLDER", folder)->required();
  app.add_option("--nodes", fleet.nodes);
  app.add_option("--gpus", fleet.gpus);
  app.add_option("--launches", fleet.launches);
  app.add_option("--gemm", fleet.gemm_cases);
  app.add_option("--memory", fleet.memory_cases);
  app.add_option("--collectives", fleet.collective_cases);
  app.add_option("--seed", fleet.seed);
  app.add_option("--change", fleet.change);
  app.add_flag("--samples", fleet.samples);
  app.add_option("--slow", slow);
  app.add_option("--link", links);
  app.add_option("--fault", faults);
  CLI11_PARSE(app, argc, argv);
  for (auto const& text : slow) add_slow(fleet, text);
  for (auto const& text : faults) add_fault(fleet, text);
  for (auto const& text : links) add_link(fleet, text);
  muster::fleet::write(fleet, folder);
}
