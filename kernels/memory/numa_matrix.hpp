// Bandwidth between every pair of NUMA nodes: threads on one, memory on the other.
#pragma once
#include <atomic>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/host/streaming_kernels.hpp"
#include "kernels/memory/memory_check.hpp"
#include "kernels/memory/numa.hpp"

namespace muster {

/// Positions in NumaMatrix's lists of nodes.
struct NumaPair {
  std::size_t memory = 0, threads = 0;
};

class NumaMatrix {
 public:
  /// `problem`: read or copy. Source buffers on each of `memory_nodes`; thread i of the team belongs to node
  /// `node_of_thread[i]`. Throws OutOfMemory, and Unsupported when memory cannot be placed.
  NumaMatrix(MemoryProblem const& problem, Team& team, std::vector<int> memory_nodes,
             std::vector<int> node_of_thread);

  std::vector<NumaPair> pairs() const;  ///< every one, by node of the threads, then of the memory
  int memory_node(NumaPair pair) const { return memory_nodes_[pair.memory]; }
  int thread_node(NumaPair pair) const { return thread_nodes_[pair.threads]; }

  void run(NumaPair pair);  ///< the pair's threads, all at once, over the whole buffer
  void forget(NumaPair pair);
  Verdict check(NumaPair pair);  ///< of the last run()

 private:
  /// Place of thread `index` among those of its node, and their number; -1: it belongs to another node.
  std::pair<int, int> place(std::size_t node, int index) const;

  MemoryProblem problem_;
  Team& team_;
  std::vector<int> memory_nodes_, node_of_thread_, thread_nodes_;
  std::vector<NodeMemory> sources_, targets_;
  host::StreamingKernels kernels_;
  std::uint64_t expected_sum_;
  std::atomic<std::uint64_t> sum_ = 0;
};

}  // namespace muster
