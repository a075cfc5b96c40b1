// Prints how often comparisons are wrong, and how often they find what is there:
//   muster_power [FAMILIES]      (default 20,000: some minutes)
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "tests/power/power.hpp"

namespace {

using muster::power::Outcome;
using muster::power::Scenario;

std::string percent(int count, int of) {
  double const p = static_cast<double>(count) / of;
  return fmt::format("{:6.2f} % ±{:.2f}", 100 * p, 196 * std::sqrt(p * (1 - p) / of));
}

void print(Scenario scenario, int families) {
  scenario.families = families;
  auto const outcome = muster::power::simulate(scenario);
  fmt::print("{:<62} {:>3}  {:>16}  {:>16}  {:>6.2f}  {:>5.1f}\n", scenario.name, scenario.launches,
             percent(outcome.any_false, outcome.families),
             scenario.change != 0 ? percent(outcome.found, outcome.families) : "-", outcome.suspects,
             outcome.fresh_launches);
  std::fflush(stdout);
}

void print_detect(int needed, int families) {
  auto const outcome = muster::power::simulate_detect(needed, families);
  fmt::print("{:<62} {:>3}  {:>16}  {:>16}  {:>6}  {:>5.1f}\n", "--detect of what so many launches find",
             needed, percent(outcome.any_false, outcome.families), percent(outcome.found, outcome.families),
             "-", outcome.launches);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  int const families = argc > 1 ? std::atoi(argv[1]) : 20000;
  fmt::print("{} families a line, launches vary by 1 %, gemm's margin of 2 %\n", families);
  fmt::print("{:<62} {:>3}  {:>16}  {:>16}  {:>6}  {:>5}\n", "", "n", "any false", "change found", "susp.",
             "fresh");
  for (int const n : {8, 12, 25, 35}) print_detect(n, families);
  for (int const n : {4, 5, 10, 20}) print({.name = "200 unchanged cases", .launches = n}, families);
  print({.name = "200 unchanged, second stage", .launches = 5, .confirm = true}, families);
  print({.name = "200 unchanged, second stage", .launches = 10, .confirm = true}, families);
  print({.name = "200 unchanged, 90 % of the noise shared by a launch's cases", .shared = 0.9487}, families);
  print({.name = "the same, second stage", .shared = 0.9487, .confirm = true}, families);
  print({.name = "200 unchanged, 10 % of launches 15 % slower", .outliers = 0.1}, families);
  for (int const n : {5, 7, 10, 20})
    print({.name = "one case by itself, 2 % less", .cases = 1, .launches = n, .change = -0.02}, families);
  print({.name = "one case by itself, 2 % more", .cases = 1, .change = 0.02}, families);
  for (int const n : {5, 10, 20}) {
    print({.name = "one of 200 has 2 % less", .launches = n, .change = -0.02}, families);
    print({.name = "one of 200 has 2 % less, second stage", .launches = n, .change = -0.02, .confirm = true},
          families);
  }
  print({.name = "one of 200 has 2 % less, 90 % shared, second stage",
         .shared = 0.9487,
         .change = -0.02,
         .confirm = true},
        families);
  print({.name = "one of 200 has 3 % less, second stage", .launches = 5, .change = -0.03, .confirm = true},
        families);
}
