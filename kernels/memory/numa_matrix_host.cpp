#include <algorithm>
#include <cstring>

#include "kernels/contract/share.hpp"
#include "kernels/memory/numa_matrix.hpp"

namespace muster {

NumaMatrix::NumaMatrix(MemoryProblem const& problem, Team& team, std::vector<int> memory_nodes,
                       std::vector<int> node_of_thread)
    : problem_(problem),
      team_(team),
      memory_nodes_(std::move(memory_nodes)),
      node_of_thread_(std::move(node_of_thread)),
      thread_nodes_(node_of_thread_),
      kernels_(host::streaming_kernels()),
      expected_sum_(expected_sum(problem, team)) {
  std::ranges::sort(thread_nodes_);
  thread_nodes_.erase(std::unique(thread_nodes_.begin(), thread_nodes_.end()), thread_nodes_.end());
  for (int const node : memory_nodes_) {
    sources_.emplace_back(problem.bytes, node);
    fill_memory(problem, MemoryArray::b, sources_.back().data(), team);
  }
  if (problem.op == MemoryOp::read) return;
  for (int const node : thread_nodes_) {
    targets_.emplace_back(problem.bytes, node);
    std::memset(targets_.back().data(), 0xFF, problem.bytes);
  }
}

std::vector<NumaPair> NumaMatrix::pairs() const {
  std::vector<NumaPair> list;
  for (std::size_t threads = 0; threads < thread_nodes_.size(); ++threads) {
    for (std::size_t memory = 0; memory < memory_nodes_.size(); ++memory) list.push_back({memory, threads});
  }
  return list;
}

std::pair<int, int> NumaMatrix::place(std::size_t node, int index) const {
  int const id = thread_nodes_[node];
  auto const begin = node_of_thread_.begin();
  if (node_of_thread_[static_cast<std::size_t>(index)] != id) return {-1, 0};
  return {static_cast<int>(std::count(begin, begin + index, id)),
          static_cast<int>(std::count(begin, node_of_thread_.end(), id))};
}

void NumaMatrix::run(NumaPair pair) {
  sum_ = 0;
  team_.run([&](int index) {
    auto const [place_of_thread, threads] = place(pair.threads, index);
    if (place_of_thread < 0) return;
    auto const [begin, end] = memory_part(problem_, place_of_thread, threads);
    auto const* const from = sources_[pair.memory].data() + begin * problem_.element_bytes();
    std::uint64_t const bytes = (end - begin) * problem_.element_bytes();
    if (problem_.op == MemoryOp::read) {
      sum_ += kernels_.read(reinterpret_cast<std::uint64_t const*>(from), bytes / 8);
    } else {
      kernels_.copy(targets_[pair.threads].data() + begin * problem_.element_bytes(), from, bytes);
    }
  });
}

void NumaMatrix::forget(NumaPair pair) {
  sum_ = ~expected_sum_;
  if (problem_.op == MemoryOp::copy) std::memset(targets_[pair.threads].data(), 0xFF, problem_.bytes);
}

Verdict NumaMatrix::check(NumaPair pair) {
  if (problem_.op == MemoryOp::copy) return check_memory(problem_, targets_[pair.threads].data(), team_);
  auto const source = compare_memory(problem_, sources_[pair.memory].data(), team_);
  return read_verdict(problem_, source, sum_, expected_sum_);
}

}  // namespace muster
