// What the kernel tests need around a workload: a host device, groups of one rank or of several threads, a
// context.
#pragma once
#include <algorithm>
#include <barrier>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "harness/device/host/host_device.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/contract/workload.hpp"
#include "tests/kernels/model_collective.hpp"

namespace muster::test {

/// N ranks as threads of this process. Each rank's Group is handed to it by run().
class ThreadGroup {
 public:
  /// What happens to a rank's target after an operation: nothing, unless a test plants a fault. `count`:
  /// elements.
  using Fault = std::function<void(int rank, void* target, std::size_t count)>;

  /// `ranks_per_node`: 0: all on one node.
  explicit ThreadGroup(int ranks, int ranks_per_node = 0)
      : ThreadGroup(node_numbers(ranks, ranks_per_node)) {}
  explicit ThreadGroup(std::vector<int> nodes)
      : ranks_(static_cast<int>(nodes.size())),
        nodes_(std::move(nodes)),
        meeting_(ranks_),
        inputs_(nodes_.size()),
        doubles_(nodes_.size()) {}

  /// What a rank does in an exchange of two before its data are there: nothing, unless a test plants a delay.
  using Delay = std::function<void(int rank, int partner)>;

  void plant(Fault fault) { fault_ = std::move(fault); }
  void slow_down(Delay delay) { delay_ = std::move(delay); }
  void leave_out(int rank) { left_out_ = rank; }

  /// job(group) on every rank at once; throws what the first rank that threw has thrown.
  void run(std::function<void(Group&)> const& job) {
    std::vector<std::exception_ptr> faults(inputs_.size());
    std::vector<std::thread> threads;
    for (int rank = 0; rank < ranks_; ++rank) {
      threads.emplace_back([&, rank] {
        Member member(*this, rank);
        try {
          job(member);
        } catch (...) {
          faults[static_cast<std::size_t>(rank)] = std::current_exception();
          meeting_.arrive_and_drop();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (auto const& fault : faults) {
      if (fault) std::rethrow_exception(fault);
    }
  }

 private:
  static std::vector<int> node_numbers(int ranks, int per_node) {
    std::vector<int> nodes;
    for (int rank = 0; rank < ranks; ++rank) nodes.push_back(per_node > 0 ? rank / per_node : 0);
    return nodes;
  }

  class Member final : public Group {
   public:
    Member(ThreadGroup& all, int rank, std::shared_ptr<ThreadGroup> owner = nullptr)
        : owner_(std::move(owner)), all_(all), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return all_.ranks_; }
    int node_rank() const override {
      return static_cast<int>(std::count(all_.nodes_.begin(), all_.nodes_.begin() + rank_, own_node()));
    }
    int node_size() const override { return static_cast<int>(std::ranges::count(all_.nodes_, own_node())); }
    int node() const override {
      auto const numbers = node_list();
      return static_cast<int>(std::ranges::find(numbers, own_node()) - numbers.begin());
    }
    int nodes() const override { return static_cast<int>(node_list().size()); }
    void barrier() override { all_.meeting_.arrive_and_wait(); }

    using Group::max;
    void max(std::span<double> values) override {
      all_.doubles_[static_cast<std::size_t>(rank_)] = {values.begin(), values.end()};
      barrier();
      for (auto const& theirs : all_.doubles_) {
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::max(values[i], theirs[i]);
      }
      barrier();
    }

    void broadcast(std::span<std::byte> data, int root) override {
      post(data.data());
      if (rank_ != root) std::memcpy(data.data(), all_.inputs_[static_cast<std::size_t>(root)], data.size());
      barrier();
    }

    std::vector<std::string> gather(std::string_view text) override {
      return gather_of(
          text, [](int) { return true; }, rank_ == 0);
    }
    std::vector<std::string> gather_node(std::string_view text) override {
      return gather_of(
          text, [this](int other) { return all_.nodes_[static_cast<std::size_t>(other)] == own_node(); },
          node_rank() == 0);
    }

    std::unique_ptr<Group> split(int color) override {
      post(&color);
      std::vector<int> colors, nodes;
      for (auto const* theirs : all_.inputs_) colors.push_back(*static_cast<int const*>(theirs));
      barrier();
      for (std::size_t i = 0; i < colors.size(); ++i) {
        if (colors[i] == color) nodes.push_back(all_.nodes_[i]);
      }
      auto const first = std::ranges::find(colors, color) - colors.begin();
      auto made = first == rank_ ? std::make_shared<ThreadGroup>(nodes) : nullptr;
      post(&made);
      auto const part =
          *static_cast<std::shared_ptr<ThreadGroup> const*>(all_.inputs_[static_cast<std::size_t>(first)]);
      barrier();
      if (color < 0) return nullptr;
      int const rank = static_cast<int>(std::count(colors.begin(), colors.begin() + rank_, color));
      return std::make_unique<Member>(*part, rank, part);
    }

    void run(CollectiveCall const& call) override {
      if (call.operation == Operation::pairwise) return exchange(call);
      auto const mine = posted(call, rank_, all_.inputs_.size());
      post(&mine);
      std::vector<PostedCall const*> calls;
      std::vector<int> order;
      for (auto const* theirs : all_.inputs_) {
        if (static_cast<int>(calls.size()) != all_.left_out_) order.push_back(static_cast<int>(calls.size()));
        calls.push_back(static_cast<PostedCall const*>(theirs));
      }
      auto const result = collective_result(calls, rank_, order);
      barrier();
      if (!result.empty()) std::memcpy(call.recv, result.data(), result.size());
      if (all_.fault_) all_.fault_(rank_, call.recv, result.size() / element_bytes(call.type));
      barrier();
    }

   private:
    /// The two ranks wait for each other and for nobody else.
    void exchange(CollectiveCall const& call) {
      if (call.partner < 0) return;
      auto const mine = posted(call, rank_, all_.inputs_.size());
      auto const partner = static_cast<std::size_t>(call.partner);
      auto& meeting = all_.meeting_of(rank_, call.partner);
      all_.exchanged_[static_cast<std::size_t>(rank_)] = &mine;
      meeting.arrive_and_wait();
      if (all_.delay_) all_.delay_(rank_, call.partner);
      auto const& theirs = all_.exchanged_[partner]->source;
      std::memcpy(call.recv, theirs.data(), theirs.size());
      if (all_.fault_) all_.fault_(rank_, call.recv, theirs.size() / element_bytes(call.type));
      meeting.arrive_and_wait();
    }

    int own_node() const { return all_.nodes_[static_cast<std::size_t>(rank_)]; }
    std::vector<int> node_list() const {
      std::vector<int> list;
      for (int const node : all_.nodes_) {
        if (std::ranges::find(list, node) == list.end()) list.push_back(node);
      }
      return list;
    }

    void post(void const* data) {
      all_.inputs_[static_cast<std::size_t>(rank_)] = data;
      barrier();
    }

    std::vector<std::string> gather_of(std::string_view text, std::function<bool(int)> const& wanted,
                                       bool receives) {
      std::string const own(text);
      post(&own);
      std::vector<std::string> list;
      for (int other = 0; receives && other < all_.ranks_; ++other) {
        if (wanted(other))
          list.push_back(*static_cast<std::string const*>(all_.inputs_[static_cast<std::size_t>(other)]));
      }
      barrier();
      return list;
    }

    std::shared_ptr<ThreadGroup> owner_;
    ThreadGroup& all_;
    int rank_;
  };

  /// Where the two of a pair meet; made when they first do.
  std::barrier<>& meeting_of(int one, int other) {
    std::lock_guard const lock(making_);
    auto& meeting = pairs_[{std::min(one, other), std::max(one, other)}];
    if (!meeting) meeting = std::make_unique<std::barrier<>>(2);
    return *meeting;
  }

  int ranks_;
  std::vector<int> nodes_;
  std::barrier<> meeting_;
  std::vector<void const*> inputs_;
  std::vector<std::vector<double>> doubles_;
  std::mutex making_;
  std::map<std::pair<int, int>, std::unique_ptr<std::barrier<>>> pairs_;
  std::vector<PostedCall const*> exchanged_ = std::vector<PostedCall const*>(nodes_.size());
  Fault fault_{};
  Delay delay_{};
  int left_out_ = -1;
};

/// One rank of one.
class SoloGroup final : public Group {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int node_rank() const override { return 0; }
  int node_size() const override { return 1; }
  int node() const override { return 0; }
  int nodes() const override { return 1; }
  void barrier() override {}
  using Group::max;
  void max(std::span<double>) override {}
  void broadcast(std::span<std::byte>, int) override {}
  std::vector<std::string> gather(std::string_view text) override { return {std::string(text)}; }
  std::vector<std::string> gather_node(std::string_view text) override { return gather(text); }
  std::unique_ptr<Group> split(int color) override {
    return color < 0 ? nullptr : std::make_unique<SoloGroup>();
  }
  void run(CollectiveCall const&) override { throw std::logic_error("a collective of one rank"); }
};

/// A team of one: this thread.
class ThisThread final : public Team {
 public:
  int size() const override { return 1; }
  void run(std::function<void(int)> const& job) override { job(0); }
};

/// The parameters of a workload: its defaults, and what a test sets.
inline Params params_of(std::string const& workload,
                        std::vector<std::pair<std::string, Value>> const& values) {
  Workload const* found = Registry::instance().find(workload);
  if (found == nullptr) throw std::logic_error("no workload " + workload);
  Params params = defaults(found->params);
  for (auto const& [name, value] : values) params.set(name, value);
  return params;
}

/// A case of the host backend, made as the worker makes it. Throws what its maker throws.
inline std::unique_ptr<Instance> make_case(std::string const& workload, Params const& params,
                                           Context& context) {
  Maker const make = MakerTable::instance().find(workload);
  if (make == nullptr) throw std::logic_error("no maker for " + workload);
  return make(params, context);
}

/// A host device on the CPUs this process has, a group of one, and a context of both.
struct Solo {
  HostDevice device{OpenOptions{}};
  SoloGroup group{};
  Context context{.device = device, .group = group, .seed = 42};
};

}  // namespace muster::test
