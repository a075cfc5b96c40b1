// What this machine is: CPU, memory, NICs, storage, software. Reads /proc, /sys and library versions; no GPU,
// no MPI.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

/// Where the kernel tells of the machine. Tests put trees of other machines here.
struct Roots {
  std::filesystem::path proc = "/proc", sys = "/sys", etc = "/etc";
};

std::string host_name();  ///< short host name, restricted to characters that are safe in a file name
std::string utc_now();    ///< "2026-11-22T21:40:05Z"

/// Everything but the GPUs, and MPI's and CUDA's versions, which the caller adds.
Node describe_node(Roots const& roots = {});
/// What stands behind a folder (its nearest existing parent).
Storage describe_storage(std::string use, std::filesystem::path const& folder, Roots const& roots = {});
/// CPUs that this process may run on (affinity and cgroup quota, whichever is fewer).
int usable_cores(Roots const& roots = {});
std::vector<int> usable_cpus();  ///< the affinity mask, ascending

}  // namespace muster
