// Figures of the nodes that both sides have.
#pragma once
#include <cstddef>
#include <map>
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
  CommonNodes(Side const& base, Side const& candidate);

  /// Does the case have figures of nodes that are not the same on both sides?
  bool wanted(SideCase const& base, SideCase const& candidate) const;
  /// No launches where there is no such node. Throws what reading ranks' figures throws.
  PairedLaunches launches(SideCase const& base, SideCase const& candidate);

 private:
  /// Of one launch, by place of a node in `places_`: the figures of the node's ranks.
  using Launch = std::vector<std::vector<double>>;
  using Launches = std::vector<Launch>;

  void read_side_files();
  void add_document(Launches& launches, CaseResult const& result) const;
  void add_side_file(Launches& launches, RankSamples const& samples, std::size_t index) const;
  Launches launches_of(Side const& side, SideCase const& one, std::vector<RankSamples> const& samples) const;

  Side const &base_, &candidate_;
  bool differ_;
  std::map<std::string, std::size_t> places_;  ///< of nodes that both sides have
  bool read_ = false;
  std::vector<RankSamples> base_samples_, candidate_samples_;  ///< by run; empty for what is in its document
};

}  // namespace muster
