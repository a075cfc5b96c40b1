// How many ranks a case gets on a machine.
#pragma once
#include <string>

#include "harness/core/plan.hpp"
#include "harness/plan/planner.hpp"
#include "harness/plan/suite_file.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// Ranks that can run without sharing a device (cuda) or a core (host); at least 1.
int room_for_ranks(Machine const& machine);
std::string room_text(Machine const& machine);  ///< "8 devices"

/// May a case have so many ranks here? GPUs are shared only on request; cores always may be, and the plan
/// says so.
bool fits(int ranks, Machine const& machine, PlanOptions const& options);

/// Ranks of a case on one node, or, where the suite says how many, of all.
struct RankCount {
  int ranks = 1;
  bool per_node = false;
};
RankCount rank_count(Ranks const& ranks, Workload const& workload, Machine const& machine,
                     PlanOptions const& options);

}  // namespace muster
