// When a part is accused of being slower than its peers. The one rule, settled from two that are in use
// (robust z below -4.5 and 3 % below; below -6 and 5 % below): of 5,760 healthy parts, z below -4.5 accuses
// one in 25 fleets for each kind of case, and -6 for all kinds together finds no part at -4 %.
//
// A part is accused by the cases of one kind together (all products, say: of each launch the mean of its
// deviations from the median of its peers in that launch, then the median over launches) when
//   1. there are at least 8 peers of its model, itself among them,
//   2. its robust z among them is below -5 (of few peers lower, see z_limit()),
//   3. it is more than the kind's margin below their median, and
//   4. so it is again: in a second result, or in the odd launches and in the even ones, each by themselves.
// By one case alone it is accused when z is below -6 and it is below by twice the margin. What meets 1 to 3
// and not 4 is a warning: measure again.
//
// Margins: 2.5 % where the clock is taken out (products at the clock that they really ran at) or hardly
// matters (memory); 10 % of products at whatever clock and of the clock itself, since healthy parts at one
// power limit differ by 8 % (P. Sinha et al., "Not All GPUs Are Created Equal", SC22).
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace muster {

struct FleetRule {
  static constexpr std::size_t least_peers = 8;
  static constexpr double z_of_kind = 5, z_of_case = 6;
  static constexpr double case_margins = 2;      ///< times the kind's
  static constexpr double least_spread = 0.001;  ///< relative: figures are no better than that
};

/// What launches say of one part; natural logarithms of its figures over its peers' medians. NaN: nothing.
struct PartScore {
  double all = 0, even = 0, odd = 0;
  double drift = 0;  ///< the later half of its launches minus the earlier half; NaN below 4 launches
};

struct Standing {
  std::size_t part = 0;
  double deviation = 0;  ///< relative to the median of the peers: -0.041
  double z = 0;
  bool reproduced = false;  ///< in odd and in even launches
};

/// Those of `scores` that the rule's points 1 to 3 accuse, worst first. `model`: of each part; only equal
/// ones are peers.
std::vector<Standing> standing_apart(std::span<PartScore const> scores, std::span<int const> model, double z,
                                     double margin);

/// Point 4 against a second result: is the part more than the margin below its peers there too? Absent where
/// that result cannot judge it: too few peers, or no figures of the part.
std::optional<bool> below_again(std::span<PartScore const> scores, std::span<int const> model,
                                std::size_t part, double margin);

/// The same as standing_apart() for becoming slower while the run went on; nothing can be reproduced there.
std::vector<Standing> drifting(std::span<PartScore const> scores, std::span<int const> model, double z,
                               double margin);

}  // namespace muster
