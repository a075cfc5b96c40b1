// Figures of the nodes that both sides have.
#pragma once
#include <string>
#include <vector>

#include "harness/analyze/sides.hpp"

namespace muster {

/// Of a case that every node ran by itself: each launch's figure over the nodes that ran it in every launch
/// of both sides, as the document's figures are over all (the median of the nodes' medians). A node's own
/// level is then on both sides alike and cancels out. The launch stays the unit: whatever all nodes share in
/// a launch makes their figures depend on each other, so that nodes do not count as replicates.
struct PairedLaunches {
  std::vector<double> base, candidate;
  std::size_t nodes = 0;
};

class CommonNodes {
 public:
  CommonNodes(Side const& base, Side const& candidate)
      : base_(base), candidate_(candidate), differ_(node_names(base) != node_names(candidate)) {}

  /// Does the case have figures of nodes that are not the same on both sides?
  bool wanted(SideCase const& base, SideCase const& candidate) const;
  /// No launches where there is no such node.
  PairedLaunches launches(SideCase const& base, SideCase const& candidate);

 private:
  std::vector<RankSamples> const& samples(Side const& side, std::vector<RankSamples>& known) const;

  Side const &base_, &candidate_;
  bool differ_;
  std::vector<RankSamples> base_samples_, candidate_samples_;
};

}  // namespace muster
