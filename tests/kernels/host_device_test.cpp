// The host backend: team, memory limits, measured bounds, the plug-in's entry.
#include "harness/device/host/host_device.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "harness/core/build_info.hpp"
#include "harness/device/cpu_topology.hpp"
#include "harness/device/host/free_memory.hpp"
#include "harness/device/host/measured_peaks.hpp"
#include "harness/device/host/vector_loops.hpp"
#include "kernels/contract/share.hpp"
#include "tests/kernels/support.hpp"

extern "C" muster::BackendPlugin const muster_backend_plugin;

namespace muster {
namespace {

TEST(HostTeam, RunsEveryIndexOnceEveryTime) {
  for (int const size : {1, 2, 5}) {
    HostTeam team(std::vector<int>(static_cast<std::size_t>(size), current_cpus().front()));
    std::vector<int> calls(static_cast<std::size_t>(size));
    for (int round = 0; round < 500; ++round) {
      team.run([&](int index) { ++calls[static_cast<std::size_t>(index)]; });
    }
    for (int const count : calls) EXPECT_EQ(count, 500);
  }
}

TEST(HostTeam, WakesWorkersThatHaveFallenAsleep) {
  HostTeam team(std::vector<int>(3, current_cpus().front()));
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::atomic<int> done = 0;
    team.run([&](int) { ++done; });
    EXPECT_EQ(done, 3);
  }
}

TEST(HostTeam, ThreadsStayOnTheirCpusAndTheCallerGetsItsOwnBack) {
  auto const cpus = current_cpus();
  HostTeam team(cpus);
  std::vector<std::vector<int>> masks(cpus.size());
  team.run([&](int index) { masks[static_cast<std::size_t>(index)] = current_cpus(); });
  for (std::size_t i = 0; i < cpus.size(); ++i) EXPECT_EQ(masks[i], std::vector<int>{cpus[i]});
  EXPECT_EQ(current_cpus(), cpus);
}

TEST(HostTeam, ExceptionOfAnyThreadReachesTheCallerAndTheTeamGoesOn) {
  HostTeam team(std::vector<int>(4, current_cpus().front()));
  for (int thrower = 0; thrower < 4; ++thrower) {
    EXPECT_THROW(team.run([&](int index) {
      if (index == thrower) throw std::runtime_error("planted");
    }),
                 std::runtime_error);
    std::atomic<int> done = 0;
    team.run([&](int) { ++done; });
    EXPECT_EQ(done, 4);
  }
}

TEST(HostTeam, CpuThatMayNotBeUsedIsReported) {
  EXPECT_THROW(HostTeam({current_cpus().front(), 8000}), DeviceError);
  EXPECT_THROW(HostDevice({.device = 0, .cpus = {8000}}), DeviceError);
}

TEST(HostDevice, OtherDevicesThanTheFirstDoNotExist) { EXPECT_THROW(HostDevice({.device = 1}), DeviceError); }

TEST(HostDevice, ConfinesTheCallerWhileItLives) {
  auto const before = current_cpus();
  {
    HostDevice const device({.device = 0, .cpus = {before.back()}});
    EXPECT_EQ(current_cpus(), std::vector<int>{before.back()});
  }
  EXPECT_EQ(current_cpus(), before);
}

TEST(HostDevice, NamesItselfAndItsCpus) {
  HostDevice device({});
  auto const& info = device.info();
  EXPECT_EQ(info.backend, "host");
  EXPECT_FALSE(info.name.empty());
  EXPECT_EQ(info.units, device.team().size());
  EXPECT_GT(info.memory_bytes, 1ULL << 28);
  EXPECT_EQ(info.facts.at(0).first, "cpus");
  EXPECT_EQ(device.queue(), nullptr);
}

TEST(HostDevice, StopwatchTimesWhatIsBetween) {
  HostDevice device({});
  auto const watch = device.stopwatch();
  watch->start();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  watch->stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  double const seconds = watch->seconds();
  EXPECT_GE(seconds, 0.020);
  EXPECT_EQ(seconds, watch->seconds());
}

TEST(HostDevice, BoundsAreMeasuredOnceAndNamed) {
  HostDevice device({});
  auto const peak = device.peak_flops("fp64");
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->name, "measured_fma_peak");
  EXPECT_EQ(peak->value, device.peak_flops("fp64")->value);
  EXPECT_GT(peak->value, 1e8);
  EXPECT_EQ(peak->clock_hz, device.peak_flops("fp64")->clock_hz);
  EXPECT_FALSE(device.peak_flops("tf32"));
  EXPECT_FALSE(device.peak_flops("fp8_e4m3"));
  EXPECT_FALSE(device.peak_flops("int7"));
  auto const memory = device.memory_bandwidth();
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->unit, "B/s");
  EXPECT_EQ(memory->value, device.memory_bandwidth()->value);
  EXPECT_GT(device.link_bandwidth()->value, 1e8);
}

#if defined(__x86_64__) || defined(__aarch64__)
TEST(HostDevice, PeaksSayTheClockOfTheirCores) {
  HostDevice device({});
  for (auto const* type : {"fp64", "fp32", "bf16", "fp16", "int8"}) {
    auto const peak = device.peak_flops(type);
    ASSERT_EQ(peak.has_value(), vector_loop(type).has_value()) << type;
    if (!peak) continue;
    EXPECT_GT(peak->clock_hz, 1e8) << type;
    EXPECT_LT(peak->clock_hz, 1e10) << type;
    // No core does more in a cycle than two units of AMX's size would.
    EXPECT_LT(peak->value / (peak->clock_hz * device.info().units), 8192) << type;
  }
}
#endif

// What each loop computes, so that none leaves its work out: chains that approach 1, products that cancel,
// and -2 a step and chain from 0, 1, .. 11.
TEST(VectorLoops, DoTheirMultiplyAdds) {
  constexpr std::uint64_t steps = 20'000;
  EXPECT_NEAR(vector_loop("fp64")->run(steps), 12, 1e-3);
  EXPECT_NEAR(vector_loop("fp32")->run(steps), 12, 1e-2);
  if (auto const loop = vector_loop("fp16")) {
    EXPECT_NEAR(loop->run(steps), 12, 2);
  }
  if (auto const loop = vector_loop("bf16")) {
    EXPECT_NEAR(loop->run(steps), amx_loop("bf16") ? 0 : 8.1, 1e-3);
  }
  if (auto const loop = vector_loop("int8")) {
    EXPECT_EQ(loop->run(steps), amx_loop("int8") ? 0 : 66 - 24.0 * steps);
  }
}

TEST(VectorLoops, AreNamedInTheDevicesFacts) {
  auto const info = host_info(current_cpus());
  std::map<std::string, std::string> const facts(info.facts.begin(), info.facts.end());
  EXPECT_EQ(facts.contains("vector_bits"), vector_bits() > 0);
  EXPECT_EQ(facts.contains("vector_instructions"), !vector_instructions().empty());
  EXPECT_EQ(vector_instructions().find("avx512f") != std::string::npos, vector_bits() == 512);
}

TEST(HostDevice, ItsTeamHasOneThreadACore) {
  HostDevice device({});
  auto const cores = one_per_core(current_cpus());
  EXPECT_EQ(device.team().size(), static_cast<int>(cores.size()));
  std::vector<std::vector<int>> masks(cores.size());
  device.team().run([&](int index) { masks[static_cast<std::size_t>(index)] = current_cpus(); });
  for (std::size_t i = 0; i < cores.size(); ++i) EXPECT_EQ(masks[i], std::vector<int>{cores[i]});
}

TEST(HostDevice, PulseIsTheWholeStateAndAnyThreadMayAsk) {
  HostDevice device({});
  std::thread([&] {
    for (int i = 0; i < 100; ++i) (void)device.pulse();
  }).join();
  EXPECT_EQ(device.pulse().clock_hz.has_value(), device.state().clock_hz.has_value());
  EXPECT_FALSE(device.state().power_watts);
}

TEST(HostDevice, RecordsNothing) {
  HostDevice device({});
  bool called = false;
  EXPECT_EQ(device.record([&] { called = true; }), nullptr);
  EXPECT_FALSE(called);
}

// Best of many each: a load that follows an eviction waits for memory, others do not.
TEST(HostDevice, WhatWasInTheCachesIsInMemoryAfterAnEviction) {
  HostDevice device({});
  EXPECT_EQ(device.cache_bytes(), last_level_cache_bytes());
  constexpr std::size_t words = 1 << 12;
  std::vector<std::uint64_t> data(words, 1);
  auto const watch = device.stopwatch();
  auto const best = [&](bool cold) {
    double seconds = 1e9;
    for (int i = 0; i < 5; ++i) {
      if (cold) device.evict_caches();
      std::uint64_t sum = 0, next = 0;
      watch->start();
      // In an order that no prefetcher foresees: each place depends on the value before.
      for (std::size_t n = 0; n < words / 8; ++n) {
        sum += data[next];
        next = (next + 1237 * 8 * data[next]) % words;
      }
      watch->stop();
      EXPECT_EQ(sum, words / 8);
      seconds = std::min(seconds, watch->seconds());
    }
    return seconds;
  };
  (void)best(false);
  double const warm = best(false), cold = best(true);
  EXPECT_GT(cold, 2 * warm);
}

/// Bytes of this process that are in memory.
std::uint64_t resident() {
  std::uint64_t size = 0, pages = 0;
  std::ifstream("/proc/self/statm") >> size >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// Pages that nobody has written are one page of zeros to a reader, and would evict nothing.
TEST(HostDevice, WhatIsReadToEvictIsMemoryOfItsOwn) {
  HostDevice device({});
  auto const before = resident();
  device.evict_caches();
  EXPECT_GE(resident(), before + 2 * device.cache_bytes() - (1 << 20));
  device.evict_caches();
  EXPECT_LT(resident(), before + 3 * std::max<std::uint64_t>(device.cache_bytes(), 32 << 20));
}

TEST(HostDevice, FreeMemoryForRegimeColdIsWhatEvictionLeaves) {
  HostDevice device({});
  auto const bytes = 2 * std::max<std::uint64_t>(device.cache_bytes(), 32 << 20);
  auto const before = resident();
  (void)free_memory_for(Regime::sustained, device);
  EXPECT_LT(resident(), before + bytes / 2);
  (void)free_memory_for(Regime::cold, device);
  EXPECT_GE(resident(), before + bytes - (1 << 20));
}

TEST(HostDevice, MemoryBandwidthNeedsRoomForItsBuffers) {
  test::ThisThread team;
  EXPECT_THROW(measured_memory_bandwidth(team, 1 << 20), OutOfMemory);
}

// A /proc and /sys of our own making.
class FreeMemory : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(testing::TempDir()) / ("muster_free_memory_" + std::to_string(getpid()));
    write("proc/meminfo",
          "MemTotal:       16384 kB\nMemFree:         1024 kB\nMemAvailable:    8192 kB\nHugePages_Total:    "
          "   0\n");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(std::string const& file, std::string const& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }

  std::filesystem::path root_;
};

TEST_F(FreeMemory, IsWhatTheKernelCallsAvailable) {
  EXPECT_EQ(free_host_memory(root_), 8192U * 1024);
  EXPECT_EQ(total_host_memory(root_), 16384U * 1024);
}

TEST_F(FreeMemory, RespectsControlGroupsOfVersion2AndThoseAbove) {
  write("proc/self/cgroup", "0::/slurm/job_7\n");
  write("sys/fs/cgroup/slurm/job_7/memory.max", "max\n");
  write("sys/fs/cgroup/slurm/job_7/memory.current", "1048576\n");
  EXPECT_EQ(free_host_memory(root_), 8192U * 1024);
  write("sys/fs/cgroup/slurm/memory.max", "4194304\n");
  write("sys/fs/cgroup/slurm/memory.current", "3145728\n");
  write("sys/fs/cgroup/slurm/memory.stat", "anon 1048576\ninactive_file 2097152\n");
  EXPECT_EQ(free_host_memory(root_), 3U << 20);
}

TEST_F(FreeMemory, RespectsControlGroupsOfVersion1InsideAContainer) {
  write("proc/self/cgroup", "5:cpu:/\n4:memory:/docker/0a1b\n0::/\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "2097152\n");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1048576\n");
  EXPECT_EQ(free_host_memory(root_), 1U << 20);
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(free_host_memory(root_), 8192U * 1024);
}

TEST(Share, PartsCoverEverythingOnceInWholeGranules) {
  for (std::uint64_t const count : {0ULL, 1ULL, 63ULL, 64ULL, 1000ULL, 4097ULL}) {
    for (int const parts : {1, 2, 3, 7}) {
      std::uint64_t next = 0;
      for (int i = 0; i < parts; ++i) {
        Share const share = share_of(count, i, parts, 64);
        EXPECT_EQ(share.begin, next);
        EXPECT_TRUE(share.end % 64 == 0 || share.end == count);
        next = share.end;
      }
      EXPECT_EQ(next, count);
    }
  }
}

TEST(HostPlugin, EntryMatchesThisBuildAndOffersEveryWorkload) {
  EXPECT_EQ(muster_backend_plugin.contract_version, contract_version);
  EXPECT_STREQ(muster_backend_plugin.build, build_info().id);
  std::unique_ptr<Backend> const backend(muster_backend_plugin.create());
  EXPECT_EQ(backend->name(), "host");
  EXPECT_EQ(backend->devices().size(), 1U);
  for (std::string const workload : {"gemm", "memory", "collective/all_reduce"}) {
    EXPECT_NE(backend->maker(workload), nullptr) << workload;
  }
  EXPECT_EQ(backend->maker("nothing"), nullptr);
  std::set<std::string> libraries;
  for (auto const& [library, version] : backend->versions()) libraries.insert(library);
  EXPECT_TRUE(libraries.contains("OpenBLAS"));
  EXPECT_TRUE(libraries.contains("oneDNN"));
}

}  // namespace
}  // namespace muster
