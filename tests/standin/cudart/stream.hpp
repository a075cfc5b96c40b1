// Streams as queues with a thread each, and events in them. Work is asynchronous, so that a missing wait
// shows.
#pragma once
#include <cuda_runtime_api.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "tests/standin/cudart/capture.hpp"

namespace muster::standin {

/// The first fault of a device's work; stays for good, as on a GPU.
class Health {
 public:
  cudaError_t status() const;
  void report(cudaError_t status);

 private:
  mutable std::mutex mutex_;
  cudaError_t status_ = cudaSuccess;
};

class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(int device, Health& health) : device_(device), health_(health) {}
  int device() const { return device_; }
  void push(std::function<cudaError_t()> job);
  bool idle() const;
  void drain() const;  ///< until idle; for ever if its work hangs
  void close();        ///< no more work comes; what is there is still done

  /// Of the same device, with a thread of its own.
  std::shared_ptr<Stream> another() const { return std::make_shared<Stream>(device_, health_); }

  /// While a stream is captured, push() keeps the work instead of doing it.
  std::shared_ptr<Capture> capture() const;  ///< null: it is not
  void become(std::shared_ptr<Capture> capture);

 private:
  void work();

  int const device_;
  Health& health_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<std::function<cudaError_t()>> jobs_;  // the front one is being done
  bool started_ = false, closed_ = false;
  std::shared_ptr<Capture> capture_;
};

class Event : public std::enable_shared_from_this<Event> {
 public:
  explicit Event(bool timing) : timing_(timing) {}
  bool timing() const { return timing_; }
  void record(Stream& stream);
  /// Recorded and reached at once: by a graph that gets there. Until then all is as before the launch.
  cudaError_t happen();
  /// Recorded in a capture: no work, but a place in it.
  void become(CapturedMark mark);
  std::optional<CapturedMark> captured() const;
  bool done() const;  ///< also before the first record
  bool recorded() const;
  std::function<cudaError_t()> waiter();  ///< work that ends when the record so far has been reached
  std::chrono::steady_clock::time_point when() const;

 private:
  bool const timing_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::uint64_t recorded_ = 0, reached_ = 0;
  std::chrono::steady_clock::time_point when_{};
  std::optional<CapturedMark> captured_{};
};

}  // namespace muster::standin
