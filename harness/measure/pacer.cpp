#include "harness/measure/pacer.hpp"

#include <algorithm>

namespace muster {

Pacer::Pacer(Device& device, Instance& instance)
    : device_(device),
      instance_(instance),
      watch_(device.stopwatch()),
      series_(
          device, [&instance] { instance.launch(); }, instance.period(), instance.recordable()) {}

void Pacer::prepare() {
  instance_.reset();
  auto const regime = instance_.regime();
  if (regime == Regime::cold) device_.evict_caches();
  if (regime != Regime::plain) device_.occupy();
}

double Pacer::time(std::uint64_t ops) {
  watch_->start();
  for (std::uint64_t op = 0; op < ops; ++op) instance_.launch();
  watch_->stop();
  return watch_->seconds();
}

std::uint64_t Pacer::settle(std::uint64_t ops, double op_seconds) {
  auto const period = std::max<std::uint64_t>(instance_.period(), 1);
  return series_.settle(ops > 1 ? round_up(ops, period) : ops, op_seconds);
}

double Pacer::sample() {
  watch_->start();
  series_.enqueue();
  watch_->stop();
  return watch_->seconds();
}

}  // namespace muster
