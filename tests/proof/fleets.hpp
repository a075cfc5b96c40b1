// How often healthy fleets are accused, and whether sick parts among many are named.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/fleet/fleet.hpp"

namespace muster::proof {

struct FleetTrial {
  int fleets = 0;
  int accused_fleets = 0;  ///< with a finding, failure or warning, against a part without a fault
  int accused_parts = 0;
  int planted = 0, missed = 0;      ///< parts with a fault; those that no failure names
  std::vector<std::string> said{};  ///< of each part accused wrongly or missed
};

/// 20 GPUs 4 % slow, one with flipped bits, three links 30 % slow, at places that the seed draws; none of the
/// slow GPUs on the node of the wrong one, which has no figures.
fleet::Fleet sick_fleet(int nodes, std::uint64_t seed);
fleet::Fleet healthy_fleet(int nodes, std::uint64_t seed);

/// Checks one fleet for each of `fleets` seeds from 1 on.
FleetTrial try_fleets(int fleets, std::function<fleet::Fleet(std::uint64_t)> const& make);

}  // namespace muster::proof
