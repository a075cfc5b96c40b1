// What the kernel tests need around a workload: a host device, groups of one rank or of several threads, a
// context.
#pragma once
#include <algorithm>
#include <barrier>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
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

namespace muster::test {

/// N ranks as threads of this process. Each rank's Group is handed to it by run().
class ThreadGroup {
 public:
  /// What happens to a rank's output after a right sum: nothing, unless a test plants a fault.
  using Fault = std::function<void(int rank, void* output, std::size_t count)>;

  explicit ThreadGroup(int ranks)
      : ranks_(ranks), meeting_(ranks), inputs_(static_cast<std::size_t>(ranks)), doubles_(inputs_.size()) {}

  void plant(Fault fault) { fault_ = std::move(fault); }
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
  class Member final : public Group {
   public:
    Member(ThreadGroup& all, int rank) : all_(all), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return all_.ranks_; }
    int node_rank() const override { return rank_; }
    int node_size() const override { return all_.ranks_; }
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
      std::string const own(text);
      post(&own);
      std::vector<std::string> list;
      if (rank_ == 0) {
        for (auto const* theirs : all_.inputs_) list.push_back(*static_cast<std::string const*>(theirs));
      }
      barrier();
      return list;
    }
    std::vector<std::string> gather_node(std::string_view text) override { return gather(text); }

    void all_reduce_sum(void const* in, void* out, std::size_t count, Element element) override {
      post(in);
      switch (element) {
        case Element::int32:
          sum(static_cast<int*>(out), count);
          break;
        case Element::float32:
          sum(static_cast<float*>(out), count);
          break;
        case Element::float64:
          sum(static_cast<double*>(out), count);
          break;
      }
      if (all_.fault_) all_.fault_(rank_, out, count);
      barrier();
    }

   private:
    void post(void const* data) {
      all_.inputs_[static_cast<std::size_t>(rank_)] = data;
      barrier();
    }

    template <class T>
    void sum(T* out, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) out[i] = 0;
      for (int rank = 0; rank < all_.ranks_; ++rank) {
        if (rank == all_.left_out_) continue;
        auto const* theirs = static_cast<T const*>(all_.inputs_[static_cast<std::size_t>(rank)]);
        for (std::size_t i = 0; i < count; ++i) out[i] += theirs[i];
      }
    }

    ThreadGroup& all_;
    int rank_;
  };

  int ranks_;
  std::barrier<> meeting_;
  std::vector<void const*> inputs_;
  std::vector<std::vector<double>> doubles_;
  Fault fault_{};
  int left_out_ = -1;
};

/// One rank of one.
class SoloGroup final : public Group {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int node_rank() const override { return 0; }
  int node_size() const override { return 1; }
  void barrier() override {}
  using Group::max;
  void max(std::span<double>) override {}
  void broadcast(std::span<std::byte>, int) override {}
  std::vector<std::string> gather(std::string_view text) override { return {std::string(text)}; }
  std::vector<std::string> gather_node(std::string_view text) override { return gather(text); }
  void all_reduce_sum(void const* in, void* out, std::size_t count, Element element) override {
    std::memcpy(out, in, count * (element == Element::float64 ? 8 : 4));
  }
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
