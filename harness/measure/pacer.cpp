#include "harness/measure/pacer.hpp"

#include <algorithm>
#include <chrono>

namespace muster {

Pacer::Pacer(Device& device, Instance& instance)
    : device_(device),
      instance_(instance),
      watch_(device.stopwatch()),
      series_(
          device, [&instance] { instance.launch(); }, instance.period(), instance.recordable(),
          instance.must_record()) {}

void Pacer::prepare() {
  instance_.reset();
  auto const regime = instance_.regime();
  // What reset() has enqueued (the check of the last result) must not be timed, here or by a peer that waits
  // for it.
  if (regime == Regime::pipelined || regime == Regime::isolated) device_.wait();
  if (regime == Regime::cold) device_.evict_caches();
  bool const of_compute = regime == Regime::sustained || regime == Regime::endurance ||
                          regime == Regime::cold || regime == Regime::burst;
  if (of_compute) device_.occupy();
}

double Pacer::time(std::uint64_t ops) {
  if (instance_.regime() == Regime::isolated) return time_isolated(ops);
  watch_->start();
  for (std::uint64_t op = 0; op < ops; ++op) instance_.launch();
  watch_->stop();
  return watch_->seconds();
}

// What a caller that waits for the result sees: the launch call and the way back count.
double Pacer::time_isolated(std::uint64_t ops) {
  auto const begin = std::chrono::steady_clock::now();
  for (std::uint64_t op = 0; op < ops; ++op) {
    series_.recorded() ? series_.enqueue() : instance_.launch();
    device_.wait();
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::uint64_t Pacer::settle(std::uint64_t ops, double op_seconds) {
  auto const period = std::max<std::uint64_t>(instance_.period(), 1);
  return series_.settle(ops > 1 ? round_up(ops, period) : ops, op_seconds);
}

double Pacer::sample() {
  if (instance_.regime() == Regime::isolated) return time_isolated(1);
  watch_->start();
  series_.enqueue();
  watch_->stop();
  return watch_->seconds();
}

}  // namespace muster
