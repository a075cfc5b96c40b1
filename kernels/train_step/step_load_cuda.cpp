#include "kernels/train_step/step_load_cuda.hpp"

#include <memory>

#include "kernels/cuda/error.hpp"
#include "kernels/train_step/step_runner.hpp"

namespace muster::train::cuda {
namespace {

StepPlan without_input(StepPlan plan) {
  plan.options.input = false;
  plan.options.accumulate = 1;
  return plan;
}

}  // namespace

StepLoad::StepLoad(StepPlan const& plan, Context& context)
    : plan_(without_input(plan)),
      marks_(plan_),
      stream_(static_cast<cudaStream_t>(context.device.queue())),
      input_(plan_, context),
      machine_(plan_, input_, std::make_shared<StepCommunicators>(), context),
      times_(static_cast<std::size_t>(marks_.count())) {
  for (std::uint64_t i = 0; i < (plan_.options.graph ? 2 * kept_steps : 1); ++i) enqueue();
  machine_.settle();
  thread_ = std::thread([this, device = context.device.info().index] {
    (void)cudaSetDevice(device);  // fails in every later call as well
    work();
  });
}

StepLoad::~StepLoad() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void StepLoad::take_times() {
  for (; open_ > 0 && machine_.take_times(times_); --open_) continue;
}

void StepLoad::enqueue() {
  take_times();
  wait_for_room(machine_, open_, [this] { take_times(); });
  ++open_;
  if (!plan_.options.inference) return enqueue_step(plan_, marks_, {.communicate = false}, machine_);
  machine_.open_step();
  enqueue_pass(plan_, {.communicate = false}, machine_);
  machine_.mark(Lane::compute, marks_.end());
}

void StepLoad::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || (!fault_ && enqueued_ < steps_.size()); });
    if (stop_) return;
    auto const& step = steps_[enqueued_];
    auto& done = steps_[enqueued_].done;
    lock.unlock();
    std::exception_ptr fault;
    try {
      muster::cuda::make_wait(stream_, step.ready);
      enqueue();
      done.record(stream_);
    } catch (...) {  // comes out of step() or finish()
      fault = std::current_exception();
    }
    lock.lock();
    fault_ = fault;
    if (!fault) ++enqueued_;
    changed_.notify_all();
  }
}

void StepLoad::await_enqueued(std::size_t steps) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return fault_ || enqueued_ >= steps; });
  if (enqueued_ < steps) std::rethrow_exception(fault_);
}

void StepLoad::step(void* queue) {
  auto const stream = static_cast<cudaStream_t>(queue);
  Step step;
  step.ready.record(stream);
  {
    std::lock_guard const lock(mutex_);
    steps_.push_back(std::move(step));
  }
  changed_.notify_all();
  auto const before = steps_.size() - 1;
  if (before == 0) return;
  await_enqueued(before);
  muster::cuda::make_wait(stream, steps_[before - 1].done);
}

double StepLoad::finish() {
  await_enqueued(steps_.size());
  machine_.settle();
  auto const first = static_cast<std::size_t>(unsettled) - 1, last = steps_.size() - 2;
  double const seconds = muster::cuda::seconds_between(steps_.at(first).done, steps_.at(last).done);
  std::lock_guard const lock(mutex_);
  steps_.clear();
  enqueued_ = 0;
  return seconds / static_cast<double>(last - first);
}

}  // namespace muster::train::cuda
