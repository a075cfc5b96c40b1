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
  int first_attempt = 0;  ///< worker sets from here on are this start's: see CaseRecord::attempt
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
  std::string world{};  ///< as in CaseRecord
  int attempt = 0;      ///< see CaseRecord::attempt
};
struct RunPhaseStarted {
  std::size_t phase = 0;  ///< in the plan
  std::vector<std::string> nodes;
  std::string time;
};
struct NodeExcluded {  // from what follows
  std::string node;
  std::string phase;  ///< that it failed: "inventory", or a phase of the plan
  std::string reason;
  std::string time;
};
struct RunEnded {
  RunStatus status = RunStatus::failed;
  int exit_code = 0;
  std::string ended;
  int attempt = 0;  ///< of the last set of workers: see CaseRecord::attempt
};

// From the agent of one node: the supervisor of what the node does by itself.
struct NodeSeen {
  std::string call;  ///< whose answer it is
  std::string time;  ///< by the node's own clock
  Node node;
  std::vector<std::string> faults{};  ///< why it is not fit for the run, "problem (why) remedy"
};
struct AgentEnded {
  std::string call;
  std::string node;
  int signal = 0;           ///< that ended it early
  std::string not_saved{};  ///< why it could not go on writing
  int attempt = 0;          ///< of the last set of workers: see CaseRecord::attempt
};

// From whoever writes a journal.
struct JournalMoved {  // the first line of a journal that could not be written where it belongs
  std::string node;
  std::string folder;  ///< on that node, where it is instead
  std::string reason;
};
struct Heartbeat {  // that its writer is alive, every few seconds
  std::string node;
  std::string time;  ///< by the node's own clock
};

/// Exit code of a worker that did all its cases, and whose journal is in another folder than it should be.
inline constexpr int saved_elsewhere = 17;

// From the workers of one node, through its first rank.
struct WorkerStarted {
  int launch = 0;
  Node node;
  BenchmarkContext context;
  std::vector<int> ranks{}, processes{};  ///< those of this node, and their process ids
  int attempt = 0;                        ///< see CaseRecord::attempt
};
struct CaseStarted {
  std::size_t case_index = 0;
  int launch = 0;
  std::string time;
  std::string world{};  ///< as in CaseRecord
  int attempt = 0;      ///< see CaseRecord::attempt
};
struct PhaseStarted {
  std::size_t case_index = 0;
  int launch = 0;
  std::string phase;     ///< as in Failure::phase
  double fraction = -1;  ///< of a long phase, 0..1; -1: not known
  std::string note{};    ///< for people: "generating 2,000 pictures"
  std::string world{};   ///< as in CaseRecord
};
struct WorkerEnded {
  int launch = 0;
};

using Event = std::variant<RunStarted, LaunchStarted, CaseFailed, RunPhaseStarted, NodeExcluded, RunEnded,
                           NodeSeen, AgentEnded, WorkerStarted, CaseStarted, PhaseStarted, CaseRecord,
                           WorkerEnded, JournalMoved, Heartbeat>;

}  // namespace muster
