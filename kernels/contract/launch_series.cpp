#include "kernels/contract/launch_series.hpp"

#include <algorithm>
#include <utility>

#include "kernels/contract/error.hpp"

namespace muster {
namespace {

constexpr double short_launch = 50e-6;  // seconds
constexpr std::uint64_t longest_recording = 256;

}  // namespace

LaunchSeries::LaunchSeries(Device& device, std::function<void()> launch, std::uint64_t period,
                           bool recordable, bool must_record)
    : device_(&device),
      launch_(std::move(launch)),
      period_(std::max<std::uint64_t>(period, 1)),
      recordable_(recordable),
      must_record_(must_record) {}

std::uint64_t LaunchSeries::settle(std::uint64_t launches, double launch_seconds) {
  recording_.reset();
  repeats_ = launches;
  bool const worth_it = launches > 1 && launch_seconds < short_launch && recordable_;
  if (!worth_it && !must_record_) return launches;
  std::uint64_t const chunk = round_up(std::min(launches, longest_recording), period_);
  try {
    recording_ = device_->record([&] {
      for (std::uint64_t launch = 0; launch < chunk; ++launch) launch_();
    });
  } catch (CaseError const& error) {  // a library call that forbids it costs precision, not the case
    if (must_record_) throw;
    obstacle_ = error.what();
  }
  if (!recording_ && must_record_)
    throw Unsupported("launches cannot be recorded here (the device has no such thing) leave graphs off");
  if (!recording_) return launches;
  repeats_ = (launches + chunk - 1) / chunk;
  return repeats_ * chunk;
}

void LaunchSeries::enqueue() {
  for (std::uint64_t repeat = 0; repeat < repeats_; ++repeat) recording_ ? recording_->launch() : launch_();
}

}  // namespace muster
