// What a journal holds, line by line. Written as a run goes, so that nothing finished is lost whatever
// happens next.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/core/record.hpp"

namespace muster {

// From the supervisor.
struct RunStarted {
  Document::Run run;
};
struct LaunchStarted {
  int launch = 0;
  int ranks = 1;
  std::string launcher;
  std::string time;
};
struct CaseFailed {  // the supervisor's own finding: the worker died or hung, so it could not say so itself
  std::size_t case_index = 0;
  Failure failure;
};
struct RunEnded {
  RunStatus status = RunStatus::failed;
  int exit_code = 0;
  std::string ended;
};

// From the workers of one node, through its first rank.
struct WorkerStarted {
  int launch = 0;
  Node node;
  BenchmarkContext context;
  std::vector<int> ranks{}, processes{};  ///< those of this node, and their process ids
};
struct CaseStarted {
  std::size_t case_index = 0;
  int launch = 0;
  std::string time;
};
struct PhaseStarted {
  std::size_t case_index = 0;
  int launch = 0;
  std::string phase;     ///< as in Failure::phase
  double fraction = -1;  ///< of a long phase, 0..1; -1: not known
  std::string note{};    ///< for people: "generating 2,000 pictures"
};
struct WorkerEnded {
  int launch = 0;
};

using Event = std::variant<RunStarted, LaunchStarted, CaseFailed, RunEnded, WorkerStarted, CaseStarted,
                           PhaseStarted, CaseRecord, WorkerEnded>;

}  // namespace muster
