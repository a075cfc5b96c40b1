// The nodes that a run may use: those of the Slurm job that it runs in, or of a list of hosts.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace muster {

struct NodeSlots {
  std::string name;
  int slots = 0;  ///< processes that it is meant for; 0: not said
};

struct Allocation {
  std::string scheduler;  ///< "slurm" or "hosts"
  std::string job_id;     ///< of the scheduler; digits
  int restarts = 0;       ///< how often the scheduler has started the job anew
  std::vector<NodeSlots> nodes;
  std::string slots_are;               ///< what was counted: "gpus", "cpus", or "slots" of a host list
  std::filesystem::path local_folder;  ///< temporary files on the node, absolute; empty: not known
};

/// The value of a variable, if it is set.
using Environment = std::function<std::optional<std::string>(std::string const& name)>;
std::optional<std::string> this_environment(std::string const& name);

/// The job that this process runs in; absent outside of one. GPUs are those that were asked for per node, or
/// those of the node that the batch script runs on, taken to be so on all. Throws Error(infrastructure) that
/// names every variable that cannot be understood.
std::optional<Allocation> slurm_allocation(Environment const& environment = this_environment);

/// One host a line, `HOST`, `HOST slots=8` or `HOST:8`, where HOST may be a list (`node[1-4]`); `#` begins a
/// comment. A host named on several lines has the slots of all of them, one of a line that does not say. Open
/// MPI's `max_slots=` is let pass. Throws Error(usage) with every fault of the file and its line.
Allocation host_list(std::filesystem::path const& file);

}  // namespace muster
