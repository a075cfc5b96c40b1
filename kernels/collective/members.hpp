// Which ranks form a group of their own in a case: the whole world, a node, a rail, pairs of nodes, random
// ones.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/contract/group.hpp"
#include "kernels/contract/params.hpp"

namespace muster {

struct MemberChoice {
  enum class Kind {
    world,  ///< all ranks
    node,   ///< each node for itself
    rail,   ///< ranks with the same place on every node: one GPU a node, and so, as a rule, one NIC a node
    pair,   ///< nodes 0 and 1, 2 and 3, ...
    random  ///< groups of two nodes, drawn by the seed
  };
  Kind kind = Kind::world;
  int nodes = 0;  ///< only so many nodes, the first ones; 0: all
  std::uint64_t seed = 0;
};

/// From the parameters `group` and `nodes`.
MemberChoice member_choice(Params const& params, std::uint64_t seed);

/// Where a rank is.
struct Place {
  int node = 0, node_rank = 0;
};

/// The number of the rank's group; -1: it sits the case out (its node is not among the first `nodes`, or has
/// no partner).
int group_of(MemberChoice const& choice, Place place, int nodes);

/// Nodes in groups of two, as a number for each; the odd one out has -1. The seed decides who meets whom.
std::vector<int> random_pairs(int nodes, std::uint64_t seed);

/// This rank's group in a case, and the world's ranks in it.
struct Members {
  std::shared_ptr<Group> own{};  ///< null: this rank sits the case out, or the group is the world itself
  Group* group = nullptr;        ///< null: this rank sits the case out
  std::vector<int> ranks{};      ///< the world's, in the group's order; known on every member
  std::string text{};            ///< "rail 1: ranks 1, 9": for the record
};

/// All ranks of `world` call it at once. Throws Unsupported, on every rank, when no group has two ranks.
Members choose_members(MemberChoice const& choice, Group& world);

}  // namespace muster
