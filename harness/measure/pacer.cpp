#include "harness/measure/pacer.hpp"

#include <algorithm>

namespace muster {
namespace {

constexpr double short_launch = 50e-6;  // seconds
constexpr std::uint64_t longest_recording = 256;

std::uint64_t round_up(std::uint64_t value, std::uint64_t step) { return (value + step - 1) / step * step; }

}  // namespace

Pacer::Pacer(Device& device, Instance& instance)
    : device_(device), instance_(instance), watch_(device.stopwatch()) {}

void Pacer::prepare() {
  instance_.reset();
  if (instance_.regime() == Regime::cold) device_.evict_caches();
}

double Pacer::time(std::uint64_t ops) {
  watch_->start();
  for (std::uint64_t op = 0; op < ops; ++op) instance_.launch();
  watch_->stop();
  return watch_->seconds();
}

std::uint64_t Pacer::settle(std::uint64_t ops, double op_seconds) {
  std::uint64_t const period = std::max<std::uint64_t>(instance_.period(), 1);
  ops_ = ops > 1 ? round_up(ops, period) : ops;
  if (ops_ == 1 || op_seconds >= short_launch || !instance_.recordable()) return ops_;
  std::uint64_t const chunk = round_up(std::min(ops_, longest_recording), period);
  try {
    recording_ = device_.record([&] {
      for (std::uint64_t op = 0; op < chunk; ++op) instance_.launch();
    });
  } catch (CaseError const& error) {  // a library call that forbids it costs precision, not the case
    obstacle_ = error.what();
  }
  if (!recording_) return ops_;
  repeats_ = (ops_ + chunk - 1) / chunk;
  ops_ = repeats_ * chunk;
  return ops_;
}

double Pacer::sample() {
  if (!recording_) return time(ops_);
  watch_->start();
  for (std::uint64_t repeat = 0; repeat < repeats_; ++repeat) recording_->launch();
  watch_->stop();
  return watch_->seconds();
}

}  // namespace muster
