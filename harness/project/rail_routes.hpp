// Which switches and links a message of a simulated rail crosses: leaf switches, one level of spines above
// them. Routes are static, as InfiniBand's are by default: the spine depends on the destination alone (D mod
// K, Zahavi 2010), so that destinations under one leaf use different links down to it.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "harness/project/simulated_job.hpp"

namespace muster::project {

using Pairs = std::vector<std::pair<int, int>>;  ///< ranks that send, and to whom

struct Place {
  int leaf = 0, slot = 0;  ///< slot: below its leaf
};

class RailRoutes {
 public:
  explicit RailRoutes(SimulatedJob const& job);
  int leaves() const { return leaves_; }
  Place place(int rank) const;
  /// The spine between two ranks; absent below one leaf. A dead uplink's traffic takes the next spine.
  std::optional<int> spine(int from, int to) const;
  /// Messages on the fullest link between a leaf and a spine, in one direction, when all pairs send; 0: none.
  int most_on_one_uplink(Pairs const& pairs) const;

 private:
  int leaf_nodes_, spines_, leaves_;
  bool dead_, scattered_;
};

/// Everyone to the next, the last to the first.
Pairs ring_pairs(int ranks);
/// Up and down both trees.
Pairs tree_pairs(int ranks);

}  // namespace muster::project
