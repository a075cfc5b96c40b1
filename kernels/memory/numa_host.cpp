// Memory bandwidth between the host's NUMA nodes.
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/contract/backend.hpp"
#include "kernels/memory/numa_matrix.hpp"

namespace muster {

namespace {

struct PairTime {
  NumaPair pair;
  double seconds;
};

class NumaInstance final : public Instance {
 public:
  NumaInstance(MemoryProblem const& problem, Device& device, std::vector<int> memory_nodes,
               std::vector<int> node_of_thread)
      : problem_(problem),
        device_(device),
        matrix_(problem, device.team(), std::move(memory_nodes), std::move(node_of_thread)) {
    for (auto const pair : matrix_.pairs()) times_.push_back({pair, median_seconds(pair)});
    slowest_ = std::ranges::max_element(times_, {}, &PairTime::seconds)->pair;
  }

  void launch() override {
    matrix_.run(slowest_);
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }

  /// The sampled pair as it is, then every pair anew.
  Verdict verify() override {
    Verdict verdict;
    if (std::exchange(launched_, false)) {
      verdict = matrix_.check(slowest_);
      if (!verdict.ok()) return verdict;
    }
    for (auto const pair : matrix_.pairs()) {
      matrix_.forget(pair);
      matrix_.run(pair);
      verdict = matrix_.check(pair);
      if (verdict.ok()) continue;
      verdict.detail = name(pair) + ": " + verdict.detail;
      break;
    }
    matrix_.forget(slowest_);
    return verdict;
  }

  std::optional<Bound> bound() override {
    double slowest = 0;
    for (auto const& [pair, seconds] : times_) {
      if (matrix_.memory_node(pair) == matrix_.thread_node(pair)) slowest = std::max(slowest, seconds);
    }
    if (slowest == 0) return std::nullopt;
    return Bound{"slowest_local_node", static_cast<double>(problem_.work().bytes) / slowest, "B/s"};
  }

  std::vector<Figure> figures() override {
    std::vector<Figure> list;
    for (auto const& [pair, seconds] : times_) {
      list.push_back({name(pair), static_cast<double>(problem_.work().bytes) / seconds, "B/s"});
    }
    return list;
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    return {{"slowest pair", name(slowest_)}};
  }

 private:
  std::string name(NumaPair pair) const {
    return fmt::format("node{}<-node{}", matrix_.thread_node(pair), matrix_.memory_node(pair));
  }

  double median_seconds(NumaPair pair) {
    auto const watch = device_.stopwatch();
    matrix_.run(pair);  // the first run wakes the threads and fills the tables of pages
    std::vector<double> times;
    for (int round = 0; round < 3; ++round) {
      watch->start();
      matrix_.run(pair);
      watch->stop();
      times.push_back(watch->seconds());
    }
    std::ranges::sort(times);
    return times[1];
  }

  MemoryProblem problem_;
  Device& device_;
  NumaMatrix matrix_;
  std::vector<PairTime> times_;
  NumaPair slowest_;
  bool launched_ = false;
};

/// Node of the CPU that each thread of the team runs on.
std::vector<int> nodes_of_threads(Numa const& numa, Team& team) {
  std::vector<int> nodes(static_cast<std::size_t>(team.size()));
  team.run([&](int index) {
    nodes[static_cast<std::size_t>(index)] = numa.node_of_cpu(sched_getcpu()).value_or(0);
  });
  return nodes;
}

void require_room(MemoryProblem const& problem, std::size_t buffers, std::uint64_t free_bytes) {
  if (problem.bytes <= free_bytes / buffers) return;
  throw OutOfMemory(fmt::format("{} buffers of {} bytes do not fit ({} bytes are free) use bytes <= {}",
                                buffers, problem.bytes, free_bytes, free_bytes / buffers / 16 * 16));
}

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const numa = read_numa();
  auto const memory_nodes = numa.with_memory();
  if (memory_nodes.size() < 2) {
    throw Unsupported(
        "this host has one NUMA node with memory (nothing is remote) measure it with the workload memory");
  }
  MemoryProblem const problem{params.text("op") == "copy" ? MemoryOp::copy : MemoryOp::read, MemoryType::fp64,
                              static_cast<std::uint64_t>(params.integer("bytes")), context.seed};
  require_room(problem, 2 * memory_nodes.size(), context.device.free_memory());
  return std::make_unique<NumaInstance>(problem, context.device, memory_nodes,
                                        nodes_of_threads(numa, context.device.team()));
}

MakerRegistration const registration{"memory/numa", &make};

}  // namespace

}  // namespace muster
