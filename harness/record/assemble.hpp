// From a plan and the journals' events to the document. The supervisor's last step, and `muster collect`'s
// only one.
#pragma once
#include <deque>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"
#include "harness/record/case_events.hpp"
#include "harness/record/nodes.hpp"
#include "harness/record/rank_digest.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// Entries of ranks (one a rank and launch) that a document has at most; a larger run's has the spread over
/// ranks and nodes in their place, and the entries stand in side files (see rank_lines.hpp).
inline constexpr std::size_t most_rank_entries = 20'000;
bool tells_every_rank(Plan const& plan);

/// Takes events one by one, in the order of their journals: supervisor, agents, nodes.
class Assembler {
 public:
  /// `threads`: that document() may use.
  Assembler(Plan const& plan, Registry const& registry, int threads = 1);

  void add(Event const& event);
  /// Records may come digested, if what they were digested with is kept.
  void add(CaseDigest digest);
  void keep(RecordPool pool);

  bool whole_ranks() const { return whole_ranks_; }
  PlannedCase const* planned(std::size_t case_index) const;  ///< null where the plan has none
  Workload const* workload(std::size_t case_index) const;    ///< null where this program has none either

  /// See assemble(); once.
  Document document();
  /// The same events as they are, in place of a document.
  SortedEvents take_events() { return sorter_.take(); }
  std::vector<Event> const& of_run() const { return of_run_; }  ///< all that is not of one case

 private:
  Plan const& plan_;
  Registry const& registry_;
  bool whole_ranks_;
  int threads_;
  std::deque<RecordPool> pools_;
  EventSorter sorter_;
  NodeMerger nodes_;
  std::vector<Event> of_run_;
};

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
