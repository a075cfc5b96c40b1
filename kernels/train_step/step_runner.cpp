#include "kernels/train_step/step_runner.hpp"

#include <chrono>
#include <thread>

namespace muster::train {

void wait_for_room(StepMachine& machine, std::uint64_t const& open, std::function<void()> const& take_times) {
  using Clock = std::chrono::steady_clock;
  if (open < kept_steps) return;
  for (auto const begin = Clock::now(); open >= kept_steps; take_times()) {
    machine.look(std::chrono::duration<double>(Clock::now() - begin).count());
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

void StepRunner::start_over() {
  // A step that was begun and never ended (a check works piece by piece) is lost once others are kept.
  for (std::uint64_t i = 0; i < kept_steps; ++i)
    enqueue_step(plan_, marks_, {.input = false, .compute = false, .communicate = false}, machine_);
  machine_.settle();
  while (machine_.take_times(times_)) continue;
  open_ = 0;
}

void StepRunner::run(StepParts const& parts, StateTaker* checkpoint) {
  take_times();
  wait_for_room(machine_, open_, [this] { take_times(); });
  enqueue_step(plan_, marks_, parts, machine_, checkpoint);
  ++open_;
}

void StepRunner::finish() {
  machine_.settle();
  take_times();
}

void StepRunner::take_times() {
  for (; open_ > 0 && machine_.take_times(times_); --open_) taken_(times_);
}

}  // namespace muster::train
