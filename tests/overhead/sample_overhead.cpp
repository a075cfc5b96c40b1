// What the harness adds to one sample, over a bare loop with the same stopwatch. Aim: under 2 microseconds.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "harness/core/statistics.hpp"
#include "harness/device/host/host_device.hpp"
#include "harness/group/group.hpp"
#include "harness/measure/pacer.hpp"
#include "harness/measure/sampler.hpp"

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t samples = 200000;

class Nothing : public muster::Instance {
 public:
  void launch() override { launches_ = launches_ + 1; }
  muster::Work work() const override { return {}; }
  muster::Verdict verify() override { return muster::Verdict::judge("none", 0, 0); }

 private:
  std::uint64_t volatile launches_ = 0;  // volatile: the loop must not be optimised away
};

double seconds_of(auto const& job) {
  auto const start = Clock::now();
  job();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double bare_loop(muster::Device& device) {
  Nothing instance;
  muster::Pacer pacer(device, instance);
  std::vector<double> seconds;
  seconds.reserve(samples);
  return seconds_of([&] {
    for (std::uint64_t i = 0; i < samples; ++i) seconds.push_back(pacer.time(1));
  });
}

double harness(muster::Device& device, muster::Group& group) {
  Nothing instance;
  muster::Sampler sampler(
      device, group, muster::Scope::each_rank,
      {.seconds = 3600, .min_samples = samples, .max_samples = samples, .min_sample_seconds = 0});
  return seconds_of([&] { sampler.run("nothing", instance); });
}

}  // namespace

int main() {
  muster::HostDevice device(muster::OpenOptions{});
  auto const group = muster::solo_group();
  std::vector<double> differences;
  for (int round = 0; round < 11; ++round) {
    double const bare = bare_loop(device), full = harness(device, *group);
    differences.push_back((full - bare) / static_cast<double>(samples) * 1e9);
  }
  fmt::print(
      "harness over a bare loop: {:.0f} ns a sample (median of {}; from {:.0f} to {:.0f}); aim: under 2000\n",
      muster::median(differences), differences.size(), *std::ranges::min_element(differences),
      *std::ranges::max_element(differences));
}
