#include "tests/standin/cudart/stream.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace muster::standin {

cudaError_t Health::status() const {
  std::lock_guard const lock(mutex_);
  return status_;
}

void Health::report(cudaError_t status) {
  std::lock_guard const lock(mutex_);
  if (status_ == cudaSuccess) status_ = status;
}

void Stream::push(std::function<cudaError_t()> job) {
  std::lock_guard const lock(mutex_);
  if (capture_) return capture_->add(*this, std::move(job));
  jobs_.push_back(std::move(job));
  changed_.notify_all();
  if (started_) return;
  started_ = true;
  // The thread keeps the stream alive; work that hangs must not hang whoever destroys the stream.
  std::thread([self = shared_from_this()] { self->work(); }).detach();
}

void Stream::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    auto const job = jobs_.front();
    lock.unlock();
    if (health_.status() == cudaSuccess) health_.report(job());  // a device at fault does nothing more
    lock.lock();
    jobs_.pop_front();
    changed_.notify_all();
  }
}

bool Stream::idle() const {
  std::lock_guard const lock(mutex_);
  return jobs_.empty();
}

void Stream::drain() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty(); });
}

void Stream::close() {
  std::lock_guard const lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::shared_ptr<Capture> Stream::capture() const {
  std::lock_guard const lock(mutex_);
  return capture_;
}

void Stream::become(std::shared_ptr<Capture> capture) {
  std::lock_guard const lock(mutex_);
  capture_ = std::move(capture);
}

void Event::record(Stream& stream) {
  std::lock_guard const lock(mutex_);
  captured_.reset();
  auto const number = ++recorded_;
  stream.push([self = shared_from_this(), number] {
    std::lock_guard const inner(self->mutex_);
    self->reached_ = std::max(self->reached_, number);
    self->when_ = std::chrono::steady_clock::now();
    self->changed_.notify_all();
    return cudaSuccess;
  });
}

cudaError_t Event::happen() {
  std::lock_guard const lock(mutex_);
  captured_.reset();
  reached_ = ++recorded_;
  when_ = std::chrono::steady_clock::now();
  changed_.notify_all();
  return cudaSuccess;
}

void Event::become(CapturedMark mark) {
  std::lock_guard const lock(mutex_);
  captured_ = std::move(mark);
}

std::optional<CapturedMark> Event::captured() const {
  std::lock_guard const lock(mutex_);
  return captured_;
}

bool Event::done() const {
  std::lock_guard const lock(mutex_);
  return reached_ >= recorded_;
}

bool Event::recorded() const {
  std::lock_guard const lock(mutex_);
  return recorded_ > 0;
}

std::function<cudaError_t()> Event::waiter() {
  std::lock_guard const lock(mutex_);
  return [self = shared_from_this(), number = recorded_] {
    std::unique_lock inner(self->mutex_);
    self->changed_.wait(inner, [&] { return self->reached_ >= number; });
    return cudaSuccess;
  };
}

std::chrono::steady_clock::time_point Event::when() const {
  std::lock_guard const lock(mutex_);
  return when_;
}

}  // namespace muster::standin
