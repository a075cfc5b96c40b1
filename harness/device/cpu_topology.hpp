// Which of the CPUs that Linux counts are hardware threads of one core, and on which memory node they are.
#pragma once
#include <filesystem>
#include <vector>

namespace muster {

struct CpuPlace {
  int cpu = 0;
  int core = 0;   ///< the lowest number among its core's hardware threads; its own where /sys does not say
  int node = -1;  ///< NUMA node; -1 where /sys does not say
};

/// Sorted by node, then core: hardware threads of one core stand side by side, so that consecutive parts of
/// the list share as few cores as they can. (Linux numbers a machine's second hardware threads after all
/// first ones: halves of 0..N-1 as they come are twice the same cores.) `root` is where /sys is looked for
/// (tests).
std::vector<CpuPlace> cpu_places(std::vector<int> const& cpus, std::filesystem::path const& root = "/");

/// The numbers of `cpus` in that order.
std::vector<int> by_core(std::vector<int> const& cpus, std::filesystem::path const& root = "/");

/// The first hardware thread of every core that `cpus` has one of, in that order.
std::vector<int> one_per_core(std::vector<int> const& cpus, std::filesystem::path const& root = "/");

}  // namespace muster
