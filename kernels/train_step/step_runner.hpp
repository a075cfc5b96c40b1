// Steps one after the other, and the times of their marks as they become known.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "kernels/train_step/schedule.hpp"

namespace muster::train {

/// Until fewer than kept_steps steps are `open`, which `take_times` counts down. Between steps, and with
/// several more enqueued: the device does not notice. Throws DeviceError where they will never be done.
void wait_for_room(StepMachine& machine, std::uint64_t const& open, std::function<void()> const& take_times);

class StepRunner {
 public:
  /// Told the times of each step's marks, in the order of the steps.
  using Taken = std::function<void(std::span<double const> seconds)>;

  StepRunner(StepPlan const& plan, StepMarks const& marks, StepMachine& machine)
      : plan_(plan), marks_(marks), machine_(machine), times_(static_cast<std::size_t>(marks.count())) {}

  void tell(Taken taken) { taken_ = std::move(taken); }
  /// What others have done with the machine is done, and nobody hears of it.
  void start_over();
  /// Enqueues one step; waits, before it, for one of kept_steps others. Allocates nothing.
  void run(StepParts const& parts, StateTaker* checkpoint = nullptr);
  /// Until all that was enqueued is done and told.
  void finish();

 private:
  void take_times();

  StepPlan const& plan_;
  StepMarks const& marks_;
  StepMachine& machine_;
  std::vector<double> times_;
  std::uint64_t open_ = 0;  ///< steps that were enqueued and not told
  Taken taken_ = [](std::span<double const>) {};
};

}  // namespace muster::train
