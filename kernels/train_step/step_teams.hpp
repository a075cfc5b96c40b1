// Which ranks of a training step work together: those that share every layer (tensor parallel), and those
// that hold the same weights and sum their gradients (data parallel).
#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/group.hpp"

namespace muster::train {

/// Ranks that follow each other on a node share layers; those of equal place among them hold the same
/// weights.
struct StepTeams {
  int sharing = 1;             ///< ranks of a node that share layers
  std::vector<int> sharers{};  ///< of each rank: the number of its team of sharers
  std::vector<int>
      reducers{};  ///< of each rank: the number of its team that sums gradients, from 0 to sharing - 1

  /// The ranks that are in one team with `rank`, in their order.
  static std::vector<int> team_of(std::span<int const> teams, int rank);
};

/// `nodes`: each rank's node. `tensor_parallel` ranks share, or fewer: the most by which every node's ranks
/// can be divided (one rank of a node shares with nobody; the shapes stay those of a part of the layer).
StepTeams step_teams(int tensor_parallel, std::span<int const> nodes);

/// Of a group; called by all its ranks.
StepTeams step_teams(int tensor_parallel, Group& group);

/// "parts_run", where fewer share than the model has parts of each layer: what was not computed, and what the
/// rates are of.
std::vector<std::pair<std::string, std::string>> facts_of_parts(int tensor_parallel, StepTeams const& teams);

}  // namespace muster::train
