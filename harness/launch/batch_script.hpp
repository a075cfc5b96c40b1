// The batch script of a job: a constant text with checked values in it. Nothing of what users write freely (a
// filter, a data folder, values of environment variables) is in it; that is in the run's request
// (record/request.hpp).
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/site.hpp"

namespace muster {

/// One job. Texts that are "" are left to Slurm.
struct BatchJob {
  std::string name;
  std::string partition, account, qos, reservation, constraint, exclude, nodelist;
  int nodes = 1;   ///< that the run measures on
  int spares = 0;  ///< that stand by for those that fail
  double seconds = 3600;
  GpuRequest gpus = GpuRequest::per_node;
  int gpus_per_node = 0;
  std::string gpu_type;
  bool exclusive = true;
  std::optional<int> cpus;  ///< of each node, where nodes are shared
  std::string memory;       ///< of each node
  std::vector<std::string> modules;
  std::filesystem::path folder;   ///< of the run, on every node the same
  std::filesystem::path program;  ///< as compute nodes see it; not used with an archive
  /// A bundle's archive, copied to every node's `local_folder` and started from there.
  std::filesystem::path archive, local_folder;
};

/// Of a job's folder.
std::filesystem::path request_file(std::filesystem::path const& folder);
std::filesystem::path script_file(std::filesystem::path const& folder);
std::filesystem::path log_file(std::filesystem::path const& folder, std::string const& job_id);

/// Throws Error(usage) for a value that may not stand in a script: the last of several checks, and the one
/// that nothing gets past.
std::string batch_script(BatchJob const& job);

}  // namespace muster
