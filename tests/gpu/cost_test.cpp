// What watching a GPU costs the case that runs on it, what a recording saves, what evicting does, what hides
// a launch: medians of interleaved repeats within one run.
#include <chrono>
#include <filesystem>
#include <iostream>

#include "harness/core/statistics.hpp"
#include "harness/group/group.hpp"
#include "harness/measure/monitor.hpp"
#include "harness/measure/pacer.hpp"
#include "tests/gpu/gpu.hpp"

namespace muster {
namespace {

class GpuCost : public GpuTest {
 protected:
  std::unique_ptr<Instance> gemm(std::int64_t side) {
    return make("gemm", {{"type", "bf16"}, {"m", side}, {"n", side}, {"k", side}});
  }
  std::unique_ptr<Instance> make(std::string const& workload,
                                 std::vector<std::pair<std::string, Value>> const& values) {
    Params params = defaults(Registry::instance().find(workload)->params);
    for (auto const& [name, value] : values) params.set(name, value);
    group_ = solo_group();
    context_.reset(new Context{.device = *device_, .group = *group_, .seed = 7});
    return backend_->maker(workload)(params, *context_);
  }

  std::unique_ptr<Group> group_;
  std::unique_ptr<Context> context_;
};

// The limit: telemetry costs less than 0.5 % of throughput.
TEST_F(GpuCost, OfTelemetryIsUnderHalfAPercent) {
  auto const instance = gemm(4096);
  Pacer pacer(*device_, *instance);
  constexpr std::uint64_t launches = 400;
  pacer.time(launches);
  std::vector<double> ratios;
  for (int round = 0; round < 15; ++round) {
    double const bare = pacer.time(launches);
    Monitor monitor(*device_, Monitor::Clock::now());
    double const watched = pacer.time(launches);
    EXPECT_FALSE(monitor.take().readings.empty()) << "NVML told nothing: there was nothing to pay for";
    ratios.push_back(watched / bare);
  }
  std::cout << "watched over unwatched: " << median(ratios) << " (median of " << ratios.size() << ")\n";
  EXPECT_LT(median(ratios), 1.005);
}

TEST_F(GpuCost, OfOnePulseIsAMillisecondOrTwo) {
  std::vector<double> seconds;
  for (int i = 0; i < 100; ++i) {
    auto const begin = std::chrono::steady_clock::now();
    auto const state = device_->pulse();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    ASSERT_TRUE(state.clock_hz) << "NVML is missing, or tells no clock";
  }
  std::cout << "one pulse: " << median(seconds) * 1e3 << " ms (median), " << quantile(seconds, 0.95) * 1e3
            << " ms (p95)\n";
  EXPECT_LT(median(seconds), 0.05) << "ten times a second would not be reached";
}

// Small products are where a launch call costs as much as the work.
TEST_F(GpuCost, OfLaunchesIsLessFromARecording) {
  auto const instance = gemm(256);
  Pacer plain(*device_, *instance), recorded(*device_, *instance);
  double const op = plain.time(1000) / 1000;
  auto const launches = recorded.settle(1000, op);
  ASSERT_TRUE(recorded.recorded());
  std::vector<double> ratios;
  for (int round = 0; round < 15; ++round) {
    double const one_by_one = plain.time(launches);
    recorded.prepare();
    ratios.push_back(recorded.sample() / one_by_one);
  }
  std::cout << "recorded over launched one by one: " << median(ratios) << "\n";
  EXPECT_LT(median(ratios), 1.02);
  EXPECT_TRUE(instance->verify().ok());
}

// What is read faster than the memory can give it comes from the cache; after an eviction nothing does.
TEST_F(GpuCost, OfReadingIsThatOfMemoryAfterAnEviction) {
  auto const bandwidth = device_->memory_bandwidth();
  ASSERT_TRUE(bandwidth);
  auto const bytes = static_cast<std::int64_t>(device_->cache_bytes() / 2 / 4096 * 4096);
  auto const read = make("memory", {{"op", "read"}, {"bytes", bytes}});
  Pacer pacer(*device_, *read);
  double const from_memory = static_cast<double>(bytes) / bandwidth->value;
  std::vector<double> warm, cold;
  for (int i = 0; i < 50; ++i) {
    read->launch();
    device_->occupy();
    warm.push_back(pacer.time(1));
    device_->evict_caches();
    device_->occupy();
    cold.push_back(pacer.time(1));
  }
  std::cout << "half the L2 read in " << median(warm) * 1e6 << " us, after an eviction in "
            << median(cold) * 1e6 << " us; memory gives it in " << from_memory * 1e6 << " us at best\n";
  EXPECT_GE(quantile(cold, 0.05), from_memory);
  EXPECT_LT(median(warm), median(cold));
}

// What keeps the device busy before a sample has to last until the sample's first launch is there.
TEST_F(GpuCost, OfLaunchingARecordingIsHiddenByWhatKeepsTheDeviceBusy) {
  auto const instance = gemm(256);
  auto const recording = device_->record([&] {
    for (int i = 0; i < 256; ++i) instance->launch();
  });
  auto const watch = device_->stopwatch();
  std::vector<double> busy, launching;
  for (int i = 0; i < 50; ++i) {
    device_->wait();
    watch->start();
    device_->occupy();
    watch->stop();
    busy.push_back(watch->seconds());
    auto const begin = std::chrono::steady_clock::now();
    device_->occupy();
    watch->start();
    recording->launch();
    launching.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  device_->wait();
  std::cout << "launching 256 recorded launches takes the host " << quantile(launching, 0.95) * 1e6
            << " us (p95), the device is kept for " << median(busy) * 1e6 << " us\n";
  EXPECT_LT(quantile(launching, 0.95), median(busy));
}

}  // namespace
}  // namespace muster
