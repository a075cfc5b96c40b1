// One rank of one launch: carries out its cases and writes its node's journal.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "harness/core/plan.hpp"

namespace muster {

struct WorkerOptions {
  std::filesystem::path root;  ///< the run folder, with its plan.json
  int launch = 0;
  int ranks = 0;  ///< that the plan wants of the world; 0: whatever there is
  /// How ranks meet: "solo", "mpi" for the world that this process was started in, "sockets" for connections
  /// of our own among the ranks that the launcher numbers.
  std::string group = "solo";
  std::string start{};             ///< with "sockets": a name for this set of workers that no other has
  int attempt = 0;                 ///< see CaseRecord::attempt
  std::vector<std::size_t> cases;  ///< indexes into the plan, in this order
};

/// Throws Error when the worker cannot start or cannot save; what a case does becomes a record instead.
/// False where its journal had to go on in another folder.
bool run_worker(WorkerOptions const& options);

}  // namespace muster
