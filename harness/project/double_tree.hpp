// Two binary trees over the same ranks of which either's inner nodes are the other's leaves, so that all
// send and receive alike (Sanders, Speck, Traeff: Two-tree algorithms for full bandwidth broadcast, reduction
// and scan, Parallel Computing 35, 2009).
#pragma once
#include <vector>

namespace muster::project {

/// Of each rank the one above it; -1: the root's. Ranks lie in order, a lone root above all others.
std::vector<int> first_tree(int ranks);
/// The complementary one: mirrored where ranks are even, moved by one where they are odd.
std::vector<int> second_tree(int ranks);

/// Steps from the farthest rank to the root, by what they cost: 1 to a rank that two send to, and 0.5 to one
/// that one alone sends to.
double climb_of(std::vector<int> const& parents);

std::vector<std::vector<int>> children_of(std::vector<int> const& parents);

}  // namespace muster::project
