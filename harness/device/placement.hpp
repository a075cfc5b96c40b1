// Which CPUs each rank of a node works on: those nearest to its device, and a fair share of the machine.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

/// What one rank brings.
struct RankNeeds {
  std::vector<int> cpus{};  ///< that its process may run on
  int numa_node = -1;       ///< of its device; -1: unknown, or the device is the CPUs themselves
};

/// CPUs for every rank, at least one each. Ranks that a launcher has bound to CPUs of their own keep them
/// all. Others share: each gets as many cores as the next (hardware threads of a core stay together), those
/// of its device's NUMA node first and of the others by distance, in consecutive runs. Where a device's place
/// is not known, consecutive parts of the CPUs ordered by node and core. With fewer cores than ranks they
/// share CPUs. `root` is where /sys is looked for (tests).
std::vector<std::vector<int>> deal_cpus(std::vector<RankNeeds> const& ranks,
                                        std::filesystem::path const& root = "/");

/// As the kernel gives it (10: the node itself, 20 or more: another); -1 where it says nothing.
int numa_distance(int from, int to, std::filesystem::path const& root = "/");

/// The NUMA node that the device's facts name; -1 where they name none.
int numa_node_of(DeviceInfo const& device);

/// Nodes and distance of `cpus`, as /sys under `root` has them.
Placement placement_of(std::vector<int> const& cpus, int device_node,
                       std::filesystem::path const& root = "/");

/// "0-3,64-67|1" and back: for sending what a rank brings to the others. Throws std::invalid_argument.
std::string to_text(RankNeeds const& needs);
RankNeeds needs_from(std::string const& text);

}  // namespace muster
