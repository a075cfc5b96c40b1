// Sampling over several ranks: every decision on the group's slowest, and failures that leave nobody waiting.
#include "harness/measure/sampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <chrono>
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
  int node() const override { return 0; }
  int nodes() const override { return 1; }
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
  std::unique_ptr<Group> split(int) override { return nullptr; }
  void run(CollectiveCall const&) override {}

 private:
  Meeting& meeting_;
  int rank_;
};

struct RankResult {
  Samples samples{};
  std::string error{};
  Script script{};
  int evictions = 0, recordings = 0;
  std::string calls{};
  std::vector<double> alone{};
};

/// Ranks are threads here, and Google Benchmark has one registry for all of them.
void plain_loop(std::string const&, std::uint64_t count, std::function<double()> const& sample) {
  for (std::uint64_t i = 0; i < count; ++i) sample();
}

TEST(Bench, GoogleBenchmarkRunsExactlyAsManyIterationsAsItIsTold) {
  int calls = 0;
  run_google_benchmark("counted", 7, [&] { return ++calls * 1e-3; });
  EXPECT_EQ(calls, 7);
}

TEST(Bench, LetsExceptionsThroughGoogleBenchmark) {
  int calls = 0;
  auto const broken = [&]() -> double {
    if (++calls == 3) throw DeviceError("broke");
    return 1e-3;
  };
  EXPECT_THROW(run_google_benchmark("broken", 7, broken), DeviceError);
  EXPECT_EQ(calls, 3);
}

constexpr Budget small{.seconds = 0.1, .min_samples = 10, .max_samples = 50, .min_sample_seconds = 2e-3};

/// Runs the sampler on every rank at once; `prepare` sets each rank's script up.
std::vector<RankResult> sample_on(int ranks, Scope scope, std::function<void(int, Script&)> const& prepare,
                                  Budget const& budget = small, bool alone = false) {
  Meeting meeting(ranks);
  std::vector<RankResult> results(static_cast<std::size_t>(ranks));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      auto& result = results[static_cast<std::size_t>(rank)];
      FakeDevice device;
      device.records = true;
      device.recording_fault = [&] { return result.script.recording_fault; };
      ThreadRank group(meeting, rank);
      prepare(rank, result.script);
      FakeInstance instance(result.script, device);
      Sampler sampler(device, group, scope, budget, &plain_loop);
      try {
        result.samples = sampler.run("case" + std::to_string(rank), instance);
      } catch (std::exception const& error) {
        result.error = error.what();
      }
      try {
        if (alone) result.alone = sampler.alone();
      } catch (std::exception const& error) {
        result.error = error.what();
      }
      result.evictions = device.evictions;
      result.calls = device.calls;
      result.recordings = device.launches_of_recordings;
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

TEST(Sampler, AFailureWhileSamplingLeavesNobodyOfAGroupWaiting) {
  auto const results = sample_on(3, Scope::group, [](int rank, Script& script) {
    script.seconds = 0.01;
    if (rank == 1) {
      script.on_launch = [](int launch) {
        if (launch == 5) throw DeviceError("rank 1 broke late");
      };
    }
  });
  EXPECT_EQ(results[1].error, "rank 1 broke late");
  EXPECT_EQ(results[0].error, "another rank failed in this case");
  EXPECT_EQ(results[2].error, "another rank failed in this case");
}

TEST(Sampler, RanksThatScatterDifferentlyTakeTheSameNumberOfSamples) {
  auto const results =
      sample_on(4, Scope::group, [](int rank, Script& script) { script.seconds = 1e-3 * (rank + 1); });
  for (auto const& result : results) {
    EXPECT_EQ(result.samples.own_seconds.size(), results[0].samples.own_seconds.size());
    EXPECT_EQ(result.samples.group_seconds, results[0].samples.group_seconds);
    EXPECT_EQ(result.samples.ops_per_sample, results[0].samples.ops_per_sample);
  }
}

TEST(Regimes, ColdEvictsBeforeEveryLaunchAndTimesOneAtATime) {
  auto const result = sample_on(1, Scope::each_rank, [](int, Script& script) {
    script.seconds = 1e-5;
    script.regime = Regime::cold;
  })[0];
  EXPECT_EQ(result.samples.ops_per_sample, 1u);
  EXPECT_EQ(result.evictions, result.script.launches);
  EXPECT_EQ(result.samples.conditions.regime, "cold");
  EXPECT_FALSE(result.samples.conditions.recorded);
}

// What launching costs the host must not be timed: the device is at something when the watch starts, every
// time.
TEST(Regimes, TheDeviceIsAtWorkWhenTheWatchStartsExceptInPlain) {
  auto const calls_in = [](Regime regime) {
    return sample_on(1, Scope::each_rank, [&](int, Script& script) { script.regime = regime; })[0].calls;
  };
  auto const times = [](std::string const& calls, std::string const& each) {
    std::string all;
    while (all.size() < calls.size()) all += each;
    return all;
  };
  auto const sustained = calls_in(Regime::sustained), burst = calls_in(Regime::burst),
             cold = calls_in(Regime::cold), plain = calls_in(Regime::plain);
  EXPECT_GT(sustained.size(), 20U);
  EXPECT_EQ(sustained, times(sustained, "os"));
  EXPECT_EQ(burst, times(burst, "os"));
  EXPECT_EQ(cold, times(cold, "eos"));
  EXPECT_EQ(plain, times(plain, "s"));
}

// By the host's clock, which the scripted device does not move: the calls are what can be seen.
TEST(Regimes, IsolatedTimesOneOperationAtATimeAndWaitsForEachOnAnIdleDevice) {
  auto const result = sample_on(2, Scope::group, [](int, Script& script) {
    script.seconds = 1e-6;
    script.regime = Regime::isolated;
    script.on_launch = [](int) { std::this_thread::sleep_for(std::chrono::microseconds(300)); };
  })[0];
  EXPECT_EQ(result.samples.ops_per_sample, 1u);
  EXPECT_EQ(result.samples.conditions.regime, "isolated");
  // One wait for what reset() enqueued, one for the operation.
  EXPECT_EQ(result.calls, std::string(static_cast<std::size_t>(2 * result.script.launches), 'w'));
  for (double const seconds : result.samples.group_seconds) EXPECT_GE(seconds, 300e-6);
}

TEST(Regimes, LaunchesThatMustBeRecordedAreHoweverLongTheyTakeOrTheCaseFails) {
  auto const script_of = [](std::string fault) {
    return [fault](int, Script& script) {
      script.seconds = 0.01;
      script.must_record = true;
      script.recording_fault = fault;
    };
  };
  auto const good = sample_on(1, Scope::each_rank, script_of(""))[0];
  EXPECT_TRUE(good.samples.conditions.recorded);
  EXPECT_EQ(good.error, "");
  EXPECT_EQ(sample_on(1, Scope::each_rank, script_of("no capture here"))[0].error, "no capture here");
}

TEST(Regimes, SustainedNeverEvictsAndTimesFiftyMillisecondsWhereTheBudgetAllows) {
  auto budget = small;
  budget.seconds = 4;
  auto const result = sample_on(
      1, Scope::each_rank,
      [](int, Script& script) {
        script.seconds = 1e-3;
        script.regime = Regime::sustained;
      },
      budget)[0];
  EXPECT_EQ(result.evictions, 0);
  EXPECT_EQ(result.samples.ops_per_sample, 50u);
}

TEST(Regimes, AnInstanceIsToldFromWhichLaunchOnTheyCount) {
  for (auto const regime : {Regime::plain, Regime::sustained, Regime::endurance}) {
    auto const result = sample_on(1, Scope::each_rank, [&](int, Script& script) {
      script.seconds = 1e-3;
      script.regime = regime;
    })[0];
    auto const counted = result.script.launches - result.script.launches_before_sampling;
    EXPECT_EQ(static_cast<std::uint64_t>(counted),
              result.samples.own_seconds.size() * result.samples.ops_per_sample);
    EXPECT_GT(result.script.launches_before_sampling, 0);
  }
}

// Times that never differ are precise at once.
TEST(Regimes, EnduranceUsesTheWholeTimeHoweverPreciseAndSamplesThatAreLongEnoughForIt) {
  auto budget = small;
  budget.seconds = 0.3;
  auto const stopped_by = [&](Regime regime) {
    return sample_on(
        2, Scope::group,
        [&](int, Script& script) {
          script.seconds = 1e-3;
          script.regime = regime;
          script.on_launch = [](int) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); };
        },
        budget)[0];
  };
  auto const endurance = stopped_by(Regime::endurance);
  EXPECT_EQ(endurance.samples.conditions.stopped_by, "time");
  EXPECT_EQ(endurance.samples.conditions.regime, "endurance");
  EXPECT_GE(endurance.samples.conditions.window_seconds, budget.seconds);
  EXPECT_GE(endurance.samples.ops_per_sample, 6u) << "300 ms in at most 50 samples";
  EXPECT_EQ(stopped_by(Regime::sustained).samples.conditions.stopped_by, "precision");
}

TEST(Regimes, SustainedSoaksForAsLongAsItIsAllowedWhenTheDeviceIsRestless) {
  auto budget = small;
  budget.soak_seconds = 0.3;
  auto const result = sample_on(
      1, Scope::each_rank,
      [](int, Script& script) {
        script.seconds = 0.05;
        script.regime = Regime::sustained;
        script.on_launch = [&script](int launch) {
          script.seconds = 0.05 * (1 + 0.01 * launch);  // ever slower
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
        };
      },
      budget)[0];
  EXPECT_GE(result.samples.conditions.soak.seconds, 0.3);
  EXPECT_FALSE(result.samples.conditions.soak.steady);
  EXPECT_NE(result.samples.conditions.soak.unrest, "");
}

TEST(Regimes, ASteadyDeviceEndsTheSoakEarly) {
  auto budget = small;
  budget.soak_seconds = 60;
  auto const result = sample_on(
      1, Scope::each_rank,
      [](int, Script& script) {
        script.seconds = 0.05;
        script.regime = Regime::sustained;
        script.on_launch = [](int) { std::this_thread::sleep_for(std::chrono::milliseconds(100)); };
      },
      budget)[0];
  EXPECT_TRUE(result.samples.conditions.soak.steady);
  EXPECT_LT(result.samples.conditions.soak.seconds, 60);
}

TEST(Recordings, ShortLaunchesAreRepeatedFromOne) {
  auto const result = sample_on(1, Scope::each_rank, [](int, Script& script) {
    script.seconds = 1e-5;
    script.recordable = true;
    script.regime = Regime::sustained;
    script.period = 3;
  })[0];
  EXPECT_TRUE(result.samples.conditions.recorded);
  EXPECT_EQ(result.samples.ops_per_sample % 3, 0u) << "whole periods";
  EXPECT_GE(result.samples.ops_per_sample, 250u);
  EXPECT_GT(result.recordings, static_cast<int>(result.samples.own_seconds.size()))
      << "recordings hold 256 launches";
  EXPECT_NEAR(result.samples.own_seconds[0], 1e-5 * static_cast<double>(result.samples.ops_per_sample), 1e-9);
}

TEST(Recordings, ThatCannotBeMadeCostPrecisionAndNotTheCase) {
  auto const result = sample_on(1, Scope::each_rank, [](int, Script& script) {
    script.seconds = 1e-5;
    script.recordable = true;
    script.regime = Regime::sustained;
    script.recording_fault = "capture is not allowed here";
  })[0];
  EXPECT_EQ(result.error, "");
  EXPECT_FALSE(result.samples.conditions.recorded);
  EXPECT_GE(result.samples.own_seconds.size(), 10u);
  ASSERT_EQ(result.samples.warnings.size(), 1u);
  EXPECT_NE(result.samples.warnings[0].find("capture is not allowed here"), std::string::npos);
}

TEST(Recordings, LongLaunchesAreNot) {
  auto const result = sample_on(1, Scope::each_rank, [](int, Script& script) {
    script.seconds = 1e-3;
    script.recordable = true;
    script.regime = Regime::sustained;
  })[0];
  EXPECT_FALSE(result.samples.conditions.recorded);
  EXPECT_EQ(result.recordings, 0);
}

TEST(Alone, EveryRankHasItsTurnWhileTheOthersWait) {
  std::mutex mutex;
  std::vector<int> order;  // ranks, in the order of their launches
  auto budget = small;
  budget.seconds = 0.02;
  auto const results = sample_on(
      3, Scope::each_rank,
      [&](int rank, Script& script) {
        script.seconds = 0.01;
        script.on_launch = [&, rank](int) {
          std::lock_guard const lock(mutex);
          order.push_back(rank);
        };
      },
      budget, true);
  std::size_t launches = 0;
  for (auto const& result : results) {
    EXPECT_EQ(result.error, "");
    EXPECT_GE(result.alone.size(), 10u);
    launches += result.alone.size();
  }
  std::vector<int> const turns(order.end() - static_cast<std::ptrdiff_t>(launches), order.end());
  EXPECT_TRUE(std::ranges::is_sorted(turns)) << "one rank's launches lie between another's";
}

TEST(Alone, ARankThatHasFailedLeavesNobodyWaiting) {
  auto const results = sample_on(
      2, Scope::each_rank,
      [](int rank, Script& script) {
        script.seconds = 0.01;
        if (rank == 1) script.on_launch = [](int) { throw DeviceError("rank 1 broke"); };
      },
      small, true);
  EXPECT_GE(results[0].alone.size(), 10u);
  EXPECT_TRUE(results[1].alone.empty());
  EXPECT_EQ(results[1].error, "rank 1 broke");
}

}  // namespace
}  // namespace muster
