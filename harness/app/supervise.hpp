// Runs a plan, here or on the nodes of an allocation.
#pragma once
#include <optional>

#include "harness/app/run_nodes.hpp"
#include "harness/core/plan.hpp"
#include "harness/launch/supervisor.hpp"
#include "harness/record/finished.hpp"
#include "harness/record/journal.hpp"

namespace muster {

struct Supervision {
  Plan const& plan;
  RunFolder const& folder;
  JournalWriter& journal;
  int cores = 1;  ///< of this node
  NodeArguments const& arguments;
  std::optional<Allocation> const& allocation;
  FinishedCases const& finished;  ///< by an earlier start of the run
  bool retry_failed = false;
};

/// Shows on standard error how far it is. What keeps it from its end is in the result, not thrown: the
/// finished cases still become a document.
RunStop supervise(Supervision const& supervision);

}  // namespace muster
