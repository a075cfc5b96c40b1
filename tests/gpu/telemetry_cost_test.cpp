// What watching a GPU costs the case that runs on it, and what a recording saves: ratios of medians of
// interleaved repeats within one run.
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
    auto const* workload = Registry::instance().find("gemm");
    Params params = defaults(workload->params);
    for (auto const* size : {"m", "n", "k"}) params.set(size, side);
    params.set("type", "bf16");
    group_ = solo_group();
    context_.reset(new Context{.device = *device_, .group = *group_, .seed = 7});
    return backend_->maker("gemm")(params, *context_);
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

}  // namespace
}  // namespace muster
