#include "kernels/train_step/communication_lane_host.hpp"

#include <algorithm>
#include <chrono>

namespace muster::train {

double step_clock() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

CommunicationLane::CommunicationLane(std::size_t capacity)
    : items_(std::max<std::size_t>(capacity, 1)), thread_([this] { work(); }) {}

CommunicationLane::~CommunicationLane() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  more_.notify_one();
  thread_.join();
}

void CommunicationLane::rethrow() {
  if (error_) std::rethrow_exception(error_);
}

void CommunicationLane::enqueue(Item item) {
  {
    std::unique_lock lock(mutex_);
    progress_.wait(lock, [this] { return enqueued_ - done_ < items_.size(); });
    rethrow();
    items_[enqueued_++ % items_.size()] = item;
  }
  more_.notify_one();
}

void CommunicationLane::call(ReadyCall& call) { enqueue({&call, nullptr}); }
void CommunicationLane::stamp(double& time) { enqueue({nullptr, &time}); }

void CommunicationLane::wait_until(double const& time) {
  std::unique_lock lock(mutex_);
  progress_.wait(lock, [&] { return error_ || time >= 0; });
  rethrow();
}

void CommunicationLane::drain() {
  std::unique_lock lock(mutex_);
  progress_.wait(lock, [this] { return done_ == enqueued_; });
  rethrow();
}

void CommunicationLane::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    more_.wait(lock, [this] { return stop_ || done_ < enqueued_; });
    if (done_ == enqueued_) return;
    Item const item = items_[done_ % items_.size()];
    if (!error_ && item.call != nullptr) {
      lock.unlock();
      carry_out(item);
      lock.lock();
    }
    if (!error_ && item.time != nullptr) *item.time = step_clock();
    ++done_;
    progress_.notify_one();
  }
}

void CommunicationLane::carry_out(Item const& item) {
  try {
    item.call->run();
  } catch (...) {  // comes out of the calling thread's next call
    std::lock_guard const lock(mutex_);
    error_ = std::current_exception();
  }
}

}  // namespace muster::train
