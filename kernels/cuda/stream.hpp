// Streams and events as objects, and waiting for them without holding a CPU.
#pragma once
#include <cuda_runtime_api.h>

#include <functional>
#include <utility>

namespace muster::cuda {

/// A mark in a stream. Timing events can be asked for the time between two of them; the others cost less.
class Event {
 public:
  enum class Timing { on, off };
  explicit Event(Timing timing = Timing::off);
  Event(Event&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  Event& operator=(Event&& other) noexcept {
    std::swap(event_, other.event_);
    return *this;
  }
  ~Event();

  void record(cudaStream_t stream);
  /// In a stream that is being recorded: a mark that every launch of the recording sets, and whose time can
  /// be asked for. It orders nothing inside the recording, as record() does there.
  void record_outside(cudaStream_t stream);
  /// Until the work before the last record() is done. Throws DeviceError. `look` as in wait() below.
  void wait(std::function<void(double)> const& look = {}) const;
  /// Is the work before the last record() done? Throws DeviceError where it failed.
  bool reached() const;
  /// The same for destructors: whether the work ended well or not does not matter any more.
  void outlast() const noexcept;
  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Seconds between two timing events on the device's own clock (resolution about 0.5 us); waits for `stop`.
double seconds_between(Event const& start, Event const& stop, std::function<void(double)> const& look = {});

/// A stream that does not wait for the default stream.
class Stream {
 public:
  /// high: where several streams have blocks to run, this one's come first.
  enum class Priority { usual, high };
  explicit Stream(Priority priority = Priority::usual);
  Stream(Stream&& other) noexcept : stream_(std::exchange(other.stream_, nullptr)) {}
  Stream& operator=(Stream&& other) noexcept {
    std::swap(stream_, other.stream_);
    return *this;
  }
  ~Stream();

  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

/// Is what is enqueued in `stream` now recorded in place of being run? Throws DeviceError.
bool is_capturing(cudaStream_t stream);

/// What is enqueued in `stream` from now on starts after what came before `event`'s last record().
void make_wait(cudaStream_t stream, Event const& event);

/// Until everything enqueued in `stream` is done. Polls: first without pause, then with ever longer ones up
/// to 100 us, so that a rank whose GPU never answers can still be stopped. Throws DeviceError. `look`, if
/// any, is called before each pause; what it throws ends the wait.
void wait(cudaStream_t stream, std::function<void(double)> const& look = {});

}  // namespace muster::cuda
