// Who talks to whom in a group: ranks of a node to that node's first rank, first ranks to each other, each to
// few, so that neither a node of many ranks nor a world of many nodes has one rank that talks to all.
#pragma once
#include <optional>
#include <vector>

namespace muster::tcp {

/// Places in a group are 0 to size - 1, in the order of ranks. Nodes are numbered by their first ranks.
class Tree {
 public:
  /// `node_of[i]`: anything that is the same for places on one node. A rank has up to `fan` children on its
  /// node; a node's first rank has as many again on other nodes.
  Tree(std::vector<int> const& node_of, int own, int fan);

  int own() const { return own_; }
  int size() const { return static_cast<int>(node_.size()); }
  int node() const { return node(own_); }
  int nodes() const { return static_cast<int>(members_.size()); }
  int node_rank() const { return node_rank(own_); }
  int node_size() const { return static_cast<int>(members_[at(node())].size()); }

  std::optional<int> parent() const { return parent(own_); }
  std::optional<int> node_parent() const;  ///< where it is on this node
  std::vector<int> const& node_children() const { return near_; }
  std::vector<int> const& children() const { return all_; }  ///< those on other nodes first
  /// The neighbour through which that other place is reached.
  int toward(int place) const;

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  int node(int place) const { return node_[at(place)]; }
  int node_rank(int place) const { return rank_[at(place)]; }
  std::optional<int> parent(int place) const;

  int own_, fan_;
  std::vector<int> node_, rank_;           // by place
  std::vector<std::vector<int>> members_;  // of each node
  std::vector<int> near_{}, all_{};
};

}  // namespace muster::tcp
