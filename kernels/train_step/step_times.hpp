// When the marks of the last few steps were reached.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/train_step/machine.hpp"

namespace muster::train {

class StepTimes {
 public:
  explicit StepTimes(int marks) { steps_.fill(std::vector<double>(static_cast<std::size_t>(marks), -1.0)); }

  /// Marks from here on are another step's.
  void open() {
    std::ranges::fill(steps_[opened_++ % kept], -1.0);
    if (opened_ > kept) taken_ = std::max(taken_, opened_ - kept);
  }
  /// Of the step opened last; negative: not reached.
  double& at(int mark) { return steps_[(opened_ - 1) % kept][static_cast<std::size_t>(mark)]; }

  /// As StepMachine::take_times(); a step is done when its last mark is there.
  bool take(std::span<double> seconds) {
    if (taken_ == opened_ || steps_[taken_ % kept].back() < 0) return false;
    std::ranges::copy(steps_[taken_++ % kept], seconds.begin());
    return true;
  }

 private:
  static constexpr std::uint64_t kept = kept_steps;
  std::array<std::vector<double>, kept> steps_;
  std::uint64_t opened_ = 0, taken_ = 0;
};

}  // namespace muster::train
