// Sampling over several ranks: every decision on the group's slowest, and failures that leave nobody waiting.
#include "harness/measure/sampler.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <mutex>
#include <thread>

#include "harness/group/group.hpp"
#include "tests/unit/fakes.hpp"

namespace muster {
namespace {

/// Ranks as threads. max() and barrier() meet at one barrier, as MPI's collectives would.
class Meeting {
 public:
  explicit Meeting(int ranks) : size(ranks), gate(ranks) {}
  int const size;
  std::barrier<> gate;
  std::mutex mutex;
  std::vector<double> board;
};

class ThreadRank : public Group {
 public:
  ThreadRank(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return meeting_.size; }
  int node_rank() const override { return rank_; }
  int node_size() const override { return meeting_.size; }
  void barrier() override { meeting_.gate.arrive_and_wait(); }
  void max(std::span<double> values) override {
    {
      std::lock_guard const lock(meeting_.mutex);
      meeting_.board.resize(values.size(), -1e300);
      for (std::size_t i = 0; i < values.size(); ++i)
        meeting_.board[i] = std::max(meeting_.board[i], values[i]);
    }
    meeting_.gate.arrive_and_wait();
    std::copy_n(meeting_.board.begin(), values.size(), values.begin());
    meeting_.gate.arrive_and_wait();
    if (rank_ == 0) meeting_.board.clear();
    meeting_.gate.arrive_and_wait();
  }
  void broadcast(std::span<std::byte>, int) override {}
  std::vector<std::string> gather(std::string_view) override { return {}; }
  std::vector<std::string> gather_node(std::string_view) override { return {}; }
  void all_reduce_sum(void const*, void*, std::size_t, Element) override {}

 private:
  Meeting& meeting_;
  int rank_;
};

struct RankResult {
  Samples samples;
  std::string error;
};

/// Runs the sampler on every rank at once; `prepare` sets each rank's script up.
std::vector<RankResult> sample_on(int ranks, Scope scope, std::function<void(int, Script&)> const& prepare) {
  Meeting meeting(ranks);
  std::vector<RankResult> results(static_cast<std::size_t>(ranks));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      Script script;
      FakeDevice device;
      ThreadRank group(meeting, rank);
      prepare(rank, script);
      FakeInstance instance(script, device);
      Sampler sampler(device, group, scope, {0.1, 10, 50, 2e-3});
      try {
        results[static_cast<std::size_t>(rank)].samples =
            sampler.run("case" + std::to_string(rank), instance);
      } catch (std::exception const& error) {
        results[static_cast<std::size_t>(rank)].error = error.what();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return results;
}

TEST(Sampler, OneRankGetsItsOwnTimes) {
  auto const results = sample_on(1, Scope::each_rank, [](int, Script& script) { script.seconds = 0.01; });
  EXPECT_EQ(results[0].samples.own_seconds.size(), 10u);
  EXPECT_TRUE(results[0].samples.group_seconds.empty());
}

TEST(Sampler, GroupTimesAreTheOnlyRanksOwn) {
  auto const results = sample_on(1, Scope::group, [](int, Script& script) { script.seconds = 0.01; });
  EXPECT_EQ(results[0].samples.group_seconds, results[0].samples.own_seconds);
}

TEST(Sampler, AFailureInThePilotStopsEveryRankOfAGroup) {
  auto const results = sample_on(4, Scope::group, [](int rank, Script& script) {
    if (rank == 2) script.on_launch = [](int) { throw DeviceError("rank 2 broke"); };
  });
  EXPECT_EQ(results[2].error, "rank 2 broke");
  for (std::size_t const rank : {0u, 1u, 3u})
    EXPECT_EQ(results[rank].error, "another rank failed in this case");
}

TEST(Sampler, ARankThatFailsAloneLeavesTheOthersTheirFigures) {
  auto const results = sample_on(2, Scope::each_rank, [](int rank, Script& script) {
    if (rank == 1) script.on_launch = [](int) { throw DeviceError("rank 1 broke"); };
  });
  EXPECT_EQ(results[1].error, "rank 1 broke");
  EXPECT_EQ(results[0].error, "");
  EXPECT_EQ(results[0].samples.own_seconds.size(), 10u);
}

}  // namespace
}  // namespace muster
