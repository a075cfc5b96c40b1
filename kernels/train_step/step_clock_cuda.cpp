#include "kernels/train_step/step_clock_cuda.hpp"

#include <algorithm>
#include <utility>

#include "kernels/cuda/error.hpp"

namespace muster::train::cuda {
namespace {

using muster::cuda::Event;

double seconds_from(Event const& begin, Event const& end) {
  float milliseconds = 0;
  muster::cuda::check(cudaEventElapsedTime(&milliseconds, begin.get(), end.get()), "cudaEventElapsedTime");
  return static_cast<double>(milliseconds) * 1e-3;
}

}  // namespace

StepClock::StepClock(Lanes const& lanes, int marks, bool recorded) : lanes_(lanes) {
  for (auto& step : steps_) {
    for (int i = 0; i < marks; ++i) step.marks.emplace_back(Event::Timing::on);
    step.set.resize(static_cast<std::size_t>(marks));
  }
  for (int i = 0; recorded && i < marks; ++i) order_.emplace_back();
}

void StepClock::open() {
  ++opened_;
  if (opened_ > kept_steps) taken_ = std::max(taken_, opened_ - kept_steps);
  auto& step = now();
  std::ranges::fill(step.set, 0);
  step.last.fill(-1);
  step.begin.record(lanes_.compute);
}

void StepClock::will_be_set(Lane lane, int mark) {
  now().set[static_cast<std::size_t>(mark)] = 1;
  now().last[lane == Lane::compute ? 0 : 1] = mark;
  if (mark + 1 == static_cast<int>(now().marks.size())) now().end.record(lanes_.compute);
}

void StepClock::mark(Lane lane, int mark) {
  now().marks[static_cast<std::size_t>(mark)].record(lanes_.of(lane));
  will_be_set(lane, mark);
}

void StepClock::wait(Lane lane, int mark) {
  muster::cuda::make_wait(lanes_.of(lane), now().marks[static_cast<std::size_t>(mark)]);
}

// The event for the order comes last: it covers the other's record, which nothing else waits for.
void StepClock::mark_recorded(Lane lane, int mark) {
  now().marks[static_cast<std::size_t>(mark)].record_outside(lanes_.of(lane));
  order_[static_cast<std::size_t>(mark)].record(lanes_.of(lane));
}

void StepClock::wait_recorded(Lane lane, int mark) {
  muster::cuda::make_wait(lanes_.of(lane), order_[static_cast<std::size_t>(mark)]);
}

/// The step's last mark is set, and what was enqueued last on either lane is done.
bool StepClock::Step::done() const {
  if (set.back() == 0 || !end.reached()) return false;
  return std::ranges::all_of(
      last, [&](int mark) { return mark < 0 || marks[static_cast<std::size_t>(mark)].reached(); });
}

double StepClock::begin_of(Step const& step) const {
  return anchored_ ? anchor_seconds_ + seconds_from(anchor_, step.begin) : 0;
}

bool StepClock::take(std::span<double> seconds) {
  while (taken_ + 1 < opened_ && steps_[taken_ % kept_steps].set.back() == 0) ++taken_;  // given up
  if (taken_ == opened_) return false;
  auto& step = steps_[taken_ % kept_steps];
  if (!step.done()) return false;
  double const begin = begin_of(step);
  for (std::size_t i = 0; i < step.marks.size(); ++i)
    seconds[i] = step.set[i] != 0 ? begin + seconds_from(step.begin, step.marks[i]) : -1;
  std::swap(anchor_, step.begin);
  anchor_seconds_ = begin;
  anchored_ = true;
  ++taken_;
  return true;
}

}  // namespace muster::train::cuda
