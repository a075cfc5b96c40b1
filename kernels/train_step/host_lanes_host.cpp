#include "kernels/train_step/host_lanes_host.hpp"

#include <algorithm>
#include <chrono>

namespace muster::train {

double step_clock() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

HostLanes::HostLanes(std::size_t capacity)
    : tasks_(std::max<std::size_t>(capacity, 1)), thread_([this] { work(); }) {
  steps_.reserve(tasks_.size());
}

HostLanes::~HostLanes() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void HostLanes::rethrow() {
  if (error_) std::rethrow_exception(error_);
}

void HostLanes::fail(std::exception_ptr error) {
  {
    std::lock_guard const lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  changed_.notify_all();
}

void HostLanes::enqueue(Task const& task) {
  std::unique_lock lock(mutex_);
  rethrow();
  if (enqueued_ - done_ == tasks_.size()) {
    lock.unlock();
    serve();
    lock.lock();
  }
  tasks_[enqueued_++ % tasks_.size()] = task;
  lock.unlock();
  changed_.notify_all();
}

void HostLanes::compute_stamp(double& time) {
  compute([this, &time] { stamp(time); });
}
void HostLanes::compute_wait(double const& time) {
  compute([this, &time] { wait(time); });
}

void HostLanes::enqueue(Step const& step) {
  if (steps_.size() == steps_.capacity()) serve();
  steps_.push_back(step);
}

void HostLanes::communicate(ReadyCall& call) { enqueue(Step{.call = &call}); }
void HostLanes::communication_stamp(double& time) { enqueue(Step{.stamp = &time}); }
void HostLanes::communication_wait(double const& time) { enqueue(Step{.wait = &time}); }

void HostLanes::stamp(double& time) {
  {
    std::lock_guard const lock(mutex_);
    time = step_clock();
  }
  changed_.notify_all();
}

/// After a failure nothing is waited for: what would have stamped the time may have been left out.
void HostLanes::wait(double const& time) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return error_ || stop_ || time >= 0; });
}

void HostLanes::serve() {
  communicate_all();
  await(enqueued_);
}

void HostLanes::communicate_all() {
  try {
    for (auto const& step : steps_) carry_out(step);
  } catch (...) {  // comes out of this and all later calls
    fail(std::current_exception());
  }
  steps_.clear();
}

void HostLanes::carry_out(Step const& step) {
  if (step.wait != nullptr) wait(*step.wait);
  {
    std::lock_guard const lock(mutex_);
    rethrow();
  }
  if (step.call != nullptr) step.call->run();
  if (step.stamp != nullptr) stamp(*step.stamp);
}

void HostLanes::await(std::uint64_t enqueued) {
  if (std::this_thread::get_id() == owner_) communicate_all();  // or computing waits for it
  std::unique_lock lock(mutex_);
  if (std::this_thread::get_id() != owner_) awaited_ = enqueued;
  changed_.wait(lock, [&] { return done_ >= enqueued; });
  rethrow();
}

void HostLanes::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || done_ < enqueued_; });
    if (stop_) return;
    if (!error_) {
      auto const& task = tasks_[done_ % tasks_.size()];
      lock.unlock();
      do_one(task);
      lock.lock();
    }
    if (++done_ == enqueued_ || done_ == awaited_) changed_.notify_all();
  }
}

void HostLanes::do_one(Task const& task) {
  try {
    task.run(task.work);
  } catch (...) {  // comes out of the calling thread's next call
    fail(std::current_exception());
  }
}

}  // namespace muster::train
