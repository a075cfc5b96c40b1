// What can be known of a job before it waits in the queue for hours.
#pragma once
#include <string>
#include <vector>

#include "harness/core/status.hpp"
#include "harness/launch/batch_script.hpp"
#include "harness/launch/partitions.hpp"

namespace muster {

struct PreflightFinding {
  ExitCode code = ExitCode::ok;  ///< ok: only a warning; else the job is not submitted
  std::string text;              ///< "problem (why) remedy"
};
using PreflightFindings = std::vector<PreflightFinding>;

/// Can the job ever start in the partition it names, or the default one?
void check_partitions(BatchJob const& job, std::vector<Partition> const& all, PreflightFindings& findings);

/// Is what every node must see on a filesystem that every node can see?
void check_folders(BatchJob const& job, PreflightFindings& findings);

/// All of it; asks sbatch and sinfo.
PreflightFindings preflight(BatchJob const& job);

}  // namespace muster
