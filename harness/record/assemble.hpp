// From a plan and the journals' events to the document. The supervisor's last step, and `muster collect`'s
// only one.
#pragma once
#include <vector>

#include "harness/core/document.hpp"
#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// Cases in the plan's order, also those that never ran. Metric and scope come from `registry`.
/// A case is `ok` when every launch that ran it was; its status is otherwise the first one that was not,
/// except that `wrong` outweighs the others: then the case has no numbers at all. Other faults cost only
/// their own launch's. Run status and exit code are RunEnded's; without one (the supervisor died) judge()'s,
/// `aborted` if cases are left.
Document assemble(Plan const& plan, std::vector<Event> const& events, Registry const& registry);

/// What a finished (or given up) run amounts to, from its cases: complete and 0; partial and 4; wrong answers
/// 5; none ok 6.
struct Outcome {
  RunStatus status;
  ExitCode code;
};
Outcome judge(Document const& document);

}  // namespace muster
