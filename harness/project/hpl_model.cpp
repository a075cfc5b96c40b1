#include "harness/project/hpl_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "harness/core/statistics.hpp"
#include "harness/project/a100.hpp"

namespace muster::project {
namespace {

struct System {
  double rate, gpus;  ///< Rmax
};

constexpr double a100_fp64 = 19.5e12;
constexpr std::array systems{System{63.46e15, 4480}, System{44.12e15, 3744}, System{70.87e15, 6144}};

struct Shares {
  double middle = 0, deviation = 0;  ///< of the logarithm
};

/// A further system lies about the mean of n as they do, and the mean itself is uncertain: sqrt(1 + 1/n).
Shares shares() {
  std::vector<double> logarithms;
  for (auto const& system : systems) logarithms.push_back(std::log(system.rate / system.gpus / a100_fp64));
  return {mean(logarithms), standard_deviation(logarithms) * std::sqrt(1 + 1.0 / systems.size())};
}

/// Rmax of the first ten, FLOP/s: Fugaku, Summit, Sierra, TaihuLight, Selene, Tianhe-2A, JUWELS Booster,
/// HPC5, Frontera, Dammam-7 (top500.org, 56th list).
constexpr std::array november_2020{442010e12, 148600e12, 94640e12, 93015e12, 63460e12,
                                   61445e12,  44120e12,  35450e12, 23516e12, 22400e12};
/// The same with Perlmutter fifth (57th list).
constexpr std::array june_2021{442010e12, 148600e12, 94640e12, 93015e12, 64590e12,
                               63460e12,  61445e12,  44120e12, 35450e12, 23516e12};

std::span<double const> first_ten(Top500 list) {
  if (list == Top500::november_2020) return november_2020;
  return june_2021;
}

}  // namespace

double hpl_rate(Scenario const& scenario, int nodes, double pull) {
  static Shares const known = shares();
  if (!scenario.gpu.fp64_peak || !is_a100(scenario.gpu)) return 0;
  double const share = std::exp(known.middle - known.deviation * pull);
  return share * scenario.gpu.fp64_peak->value * scenario.gpus * nodes;
}

int rank_on(Top500 list, double rate) {
  auto const ten = first_ten(list);
  return 1 + static_cast<int>(std::ranges::count_if(ten, [&](double one) { return one > rate; }));
}

}  // namespace muster::project
