// What a pipeline measures of itself while it runs. A picture costs one clock reading a stage and a few plain
// additions; nothing here takes a lock.
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/dataload/ring.hpp"

namespace muster::dataload {

using MeterClock = std::chrono::steady_clock;

/// A sum that one thread adds to and any thread reads.
class OwnSum {
 public:
  void add(std::uint64_t more) {
    sum_.store(sum_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  /// The nanoseconds from `begin` until `end`.
  void add(MeterClock::time_point begin, MeterClock::time_point end) {
    add(static_cast<std::uint64_t>(std::chrono::nanoseconds(end - begin).count()));
  }
  std::uint64_t get() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> sum_{0};
};

/// How long a queue held how much, up to now; the difference of two readings is that of the time between.
struct QueueTimes {
  double seconds = 0;
  double item_seconds = 0;  ///< size x seconds
  double empty_seconds = 0, full_seconds = 0;

  QueueTimes& operator+=(QueueTimes const& other) {
    seconds += other.seconds;
    item_seconds += other.item_seconds;
    empty_seconds += other.empty_seconds;
    full_seconds += other.full_seconds;
    return *this;
  }
  QueueTimes operator-(QueueTimes const& other) const {
    return {seconds - other.seconds, item_seconds - other.item_seconds, empty_seconds - other.empty_seconds,
            full_seconds - other.full_seconds};
  }
};

/// What a reader has done up to now: all of it at one moment, which need not be that of a pipeline's other
/// meters (a thread that has to wait for a core reads them milliseconds apart), so shares are of its own
/// time.
struct ReadTimes {
  QueueTimes ready{};       ///< batches read and not yet fetched
  double idle_seconds = 0;  ///< in which it had nothing to read into
  double bytes = 0;         ///< of records

  double seconds() const { return ready.seconds; }
  double busy_seconds() const { return seconds() - idle_seconds; }

  ReadTimes& operator+=(ReadTimes const& other) {
    ready += other.ready;
    idle_seconds += other.idle_seconds;
    bytes += other.bytes;
    return *this;
  }
  ReadTimes operator-(ReadTimes const& other) const {
    return {ready - other.ready, idle_seconds - other.idle_seconds, bytes - other.bytes};
  }
};

/// Told of every change of a queue's size; whoever guards the queue guards this.
class QueueMeter {
 public:
  /// From `full` items on the queue counts as full: what fills it has to wait.
  explicit QueueMeter(std::size_t full, MeterClock::time_point now = MeterClock::now())
      : full_(full), changed_(now) {}

  void become(std::size_t size, MeterClock::time_point now = MeterClock::now()) {
    times_ = times(now);
    changed_ = now;
    size_ = size;
  }
  QueueTimes times(MeterClock::time_point now = MeterClock::now()) const {
    double const since = std::chrono::duration<double>(now - changed_).count();
    QueueTimes times = times_;
    times += {since, since * static_cast<double>(size_), size_ == 0 ? since : 0, size_ >= full_ ? since : 0};
    return times;
  }
  std::size_t full() const { return full_; }

 private:
  std::size_t full_;
  std::size_t size_ = 0;
  MeterClock::time_point changed_;
  QueueTimes times_{};
};

/// A ring that keeps its meter.
template <class T>
class MeteredRing {
 public:
  MeteredRing(std::size_t capacity, std::size_t full) : ring_(capacity), meter_(full) {}
  bool empty() const { return ring_.empty(); }
  std::size_t size() const { return ring_.size(); }
  void push(T item) {
    ring_.push(std::move(item));
    meter_.become(ring_.size());
  }
  T pop() {
    T item = ring_.pop();
    meter_.become(ring_.size());
    return item;
  }
  QueueMeter const& meter() const { return meter_; }

 private:
  Ring<T> ring_;
  QueueMeter meter_;
};

/// Sums a pipeline's readings up over the time that counts: not over pauses, in which it fills its queues.
template <class Reading>
class MeterWindow {
 public:
  /// What came before does not count.
  void resume(Reading const& reading) { last_ = reading; }
  /// What came since the last call counts; returns it.
  Reading advance(Reading const& reading) {
    Reading const since = reading - last_;
    sum_ += since;
    last_ = reading;
    return since;
  }
  Reading const& sum() const { return sum_; }

 private:
  Reading last_{}, sum_{};
};

}  // namespace muster::dataload
