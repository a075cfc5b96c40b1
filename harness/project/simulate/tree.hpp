// One tree's all-reduce in chunks: sums go up, results down, both at the same time.
#pragma once
#include <cstdint>
#include <vector>

#include "harness/project/simulate/network.hpp"

namespace muster::project {

class Tree {
 public:
  Tree(Network& network, std::vector<int> hosts, std::vector<int> const& parents, std::uint64_t chunk,
       int chunks);
  void begin();

 private:
  /// One direction of one edge: chunks in order, one at a time.
  struct Lane {
    int sent = 0, arrived = 0;
  };
  int summed(std::size_t rank) const;  ///< chunks that a rank has of all below it
  int known(std::size_t rank) const;   ///< results that a rank has
  void send_if_ready(std::size_t rank, bool up);
  void arrive(std::size_t rank, bool up);
  void results_arrived(std::size_t rank);

  Network& network_;
  std::vector<int> hosts_, parents_;
  std::vector<std::vector<int>> children_;
  std::uint64_t chunk_;
  int chunks_;
  std::vector<Lane> up_, down_;  ///< between a rank and the one above it
};

}  // namespace muster::project
