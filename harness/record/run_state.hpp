// How far a run is, by its journals and its lock: while it goes, and after it was cut off.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/core/plan.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/run_lock.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// Launches of cases in one phase and launch; where every node is a world of its own, each counts.
struct LaunchProgress {
  std::string phase;
  int launch = 0;
  int done = 0;    ///< came to an end that is no failure
  int failed = 0;  ///< came to an end that is one
  int left = 0;
};

/// What a node's workers were at when they last wrote something.
struct NodeActivity {
  std::string node;
  std::string doing;          ///< "gemm/bf16/m:8192, phase sample", "between cases", "ended"
  double silent_seconds = 0;  ///< since anything of it came, by the file system's clock
};

/// "running"; "dead": no end on record, and its process gone; else as it ended ("complete", "partial", ...).
struct RunState {
  std::string state;
  std::optional<Document::Run> run;  ///< absent where it has not begun
  std::string ended;                 ///< UTC; "" while it runs, or where nobody could say
  std::optional<LockState> lock;
  std::vector<LaunchProgress> launches;
  std::vector<NodeActivity> nodes;
  std::size_t bad_lines = 0;
  std::vector<bool> finished{};  ///< by case: in all its launches
};

RunState run_state(Plan const& plan, RunFolder const& folder, Registry const& registry, int threads = 1);

std::string to_json(RunState const& state);

}  // namespace muster
