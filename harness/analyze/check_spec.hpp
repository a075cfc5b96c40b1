// Parts against the description of the cluster: floors act by themselves, since no part of an evenly slow
// fleet stands apart.
#pragma once
#include <set>
#include <vector>

#include "harness/analyze/parts.hpp"
#include "harness/core/cluster_description.hpp"

namespace muster {

/// What the description's figures come to.
struct SpecJudgement {
  std::vector<CheckFinding> findings;
  std::vector<ExpectationResult>
      results;                   ///< of expectations that some case meets, in the description's order
  std::set<std::size_t> cases;   ///< by index: those that an expectation is about
  std::set<std::size_t> floors;  ///< of these those that have a floor or a gate
  std::set<std::pair<std::string, int>>
      parts;  ///< nodes and devices that a floor was held against; ("", -1): all of them together
};

/// Does the expectation speak of cases like this one?
bool speaks_of(Expectation const& expectation, CaseResult const& result, Document const& document);

SpecJudgement judge_by(ClusterDescription const& cluster, PartFigures const& figures);

}  // namespace muster
