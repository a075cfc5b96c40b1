#include "kernels/dataload/read_pool.hpp"

#include <utility>

#include "kernels/contract/error.hpp"

namespace muster::dataload {

ReadPool::ReadPool(int depth, std::string name, ReadCall call)
    : depth_(depth),
      name_(std::move(name)),
      call_(std::move(call)),
      waiting_(static_cast<std::size_t>(depth)),
      done_(static_cast<std::size_t>(depth)) {
  for (int i = 0; i < depth && depth > 1; ++i)
    threads_.emplace_back([this](std::stop_token stop) { work(stop); });
}

ReadPool::~ReadPool() {
  for (auto& thread : threads_) thread.request_stop();
}

void ReadPool::submit(ReadRequest const& request) {
  {
    std::lock_guard const lock(mutex_);
    waiting_.push(request);
  }
  work_there_.notify_one();
}

std::uint64_t ReadPool::wait() {
  Done done;
  if (threads_.empty()) {
    auto const request = waiting_.pop();
    done = {request.tag, call_(request)};
  } else {
    done = next_done();
  }
  if (!done.failure.empty()) throw DeviceError(done.failure);
  return done.tag;
}

ReadPool::Done ReadPool::next_done() {
  std::unique_lock lock(mutex_);
  done_there_.wait(lock, [this] { return !done_.empty(); });
  return done_.pop();
}

void ReadPool::work(std::stop_token const& stop) {
  std::unique_lock lock(mutex_);
  while (work_there_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    ReadRequest const request = waiting_.pop();
    lock.unlock();
    Done done{request.tag, call_(request)};
    lock.lock();
    done_.push(std::move(done));
    done_there_.notify_one();
  }
}

}  // namespace muster::dataload
