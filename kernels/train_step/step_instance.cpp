#include "kernels/train_step/step_instance.hpp"

#include <chrono>
#include <thread>

#include "kernels/train_step/step_check.hpp"

namespace muster::train {

StepInstance::StepInstance(StepPlan plan, std::unique_ptr<StepInput> input,
                           std::unique_ptr<StepMachine> machine, Context& context,
                           std::unique_ptr<Checkpoints> checkpoints)
    : context_(context),
      plan_(std::move(plan)),
      marks_(plan_),
      input_(std::move(input)),
      machine_(std::move(machine)),
      checkpoints_(std::move(checkpoints)),
      times_(static_cast<std::size_t>(marks_.count())) {}

void StepInstance::launch() {
  if (std::exchange(paused_, false)) begin_again();
  while (open_ >= kept_steps) await_step();
  bool const due = checkpoints_ && checkpoints_->due(step_);
  enqueue_step(plan_, marks_, {}, *machine_, due ? checkpoints_.get() : nullptr);
  ++step_;
  ++open_;
  take_times();
}

/// What others have done with the machine does not count.
void StepInstance::begin_again() {
  machine_->settle();
  while (machine_->take_times(times_)) {
  }
  open_ = 0;
  input_->resume();
}

void StepInstance::take_times() {
  while (machine_->take_times(times_)) --open_;
}

/// Between steps, and with several more enqueued: the device does not notice.
void StepInstance::await_step() {
  take_times();
  if (open_ >= kept_steps) std::this_thread::sleep_for(std::chrono::microseconds(50));
}

double StepInstance::samples_of_all() const {
  return static_cast<double>(plan_.samples) * plan_.options.accumulate * machine_->ranks();
}

Work StepInstance::work() const {
  auto const micros = static_cast<std::uint64_t>(plan_.options.accumulate);
  auto const ranks = static_cast<std::uint64_t>(context_.group.size());
  return {.flops = ranks * micros * (plan_.forward_flops() + plan_.backward_flops()),
          .items = static_cast<std::uint64_t>(samples_of_all())};
}

Verdict StepInstance::verify() {
  paused_ = true;
  if (checkpoints_) checkpoints_->finish();
  auto const step = check_step(plan_, marks_, *machine_, context_.group, context_.seed);
  auto const input = input_->verify();
  if (!step.ok()) return step;
  if (!input.ok()) return input;
  return checkpoints_ ? checkpoints_->verify() : step;
}

}  // namespace muster::train
