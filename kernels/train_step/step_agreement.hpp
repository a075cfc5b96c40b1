// What the ranks of a training step tell each other while it is checked.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/contract/group.hpp"
#include "kernels/train_step/step_findings.hpp"
#include "kernels/train_step/step_members.hpp"

namespace muster::train {

/// Numbers of all members of a team: element by element their sum, and their norm.
struct TeamSums {
  std::vector<double> sum, norm;
};

/// The teams of a step as groups. Made, called and destroyed by all ranks in the same order.
class StepGroups {
 public:
  StepGroups(int tensor_parallel, Group& all);

  StepTeams const& teams() const { return members_.teams; }
  Group& all() { return all_; }
  Group& reducers() { return *members_.data; }
  int rank() const { return all_.rank(); }
  int reducer_team() const { return teams().reducers[static_cast<std::size_t>(rank())]; }

  TeamSums over_sharers(std::span<double const> own);
  TeamSums over_reducers(std::span<double const> own);
  /// Every rank's number, on every rank.
  std::vector<std::uint64_t> everyones(std::uint64_t own);

 private:
  Group& all_;
  StepMembers members_;
};

/// Of the ranks that hold the same weights: do they? `hashes`: every rank's. Where most agree the others are
/// told that they are wrong, and nobody else; without a majority all are told.
StepFindings weights_agreement(StepTeams const& teams, std::span<std::uint64_t const> hashes, int rank);

}  // namespace muster::train
