// Knows where this rank stands, and ends the process when one step of it lasts too long: no hang is silent.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "harness/core/stand.hpp"
#include "harness/record/journal.hpp"

namespace muster {

/// The calls of one group that this rank has begun and ended. Only its main thread writes.
struct Track {
  explicit Track(std::string of) : part(std::move(of)) {}
  std::string const part;  ///< "": all ranks
  std::atomic<std::uint64_t> steps{0};
};

struct WatchSettings {
  RunFolder folder;
  int launch = 0;
  std::string node;
  int rank = -1;                            ///< until identify() says better
  std::chrono::duration<double> tick{0.1};  ///< between two looks at the counters
  /// Between this rank's word and its end, so that the others, and the supervisor, have their say first.
  std::chrono::duration<double> grace{5};
  /// Ends the process without anything that could hang: no destructors, no MPI.
  std::function<void()> end;
};

/// A thread that looks at counters. The main thread marks what it does by plain stores, without a clock, so
/// that it may do so in the timed path.
class Watch {
 public:
  /// Blocks SIGUSR1 in the calling thread and those that it starts from then on: make it first of all.
  explicit Watch(WatchSettings settings);
  ~Watch();
  Watch(Watch const&) = delete;
  Watch& operator=(Watch const&) = delete;

  void identify(int rank);
  /// From here on: this case, this phase, and no step of it longer than `limit` seconds (0: as long as it
  /// takes).
  void place(std::string const& case_name, std::string const& phase, double limit);
  void phase(std::string const& phase, double limit);  ///< of the same case

  Track& world() { return world_; }
  Track& track(std::string part) {
    return parts_.emplace_back(std::move(part));
  }  ///< of one more group; lives as long as the watch

  /// All three by the main thread; `call` is never freed.
  void begin(Track& track, char const* call) noexcept {
    track_.store(&track, std::memory_order_release);  // a new track is whole where it is seen
    call_.store(call, std::memory_order_relaxed);
    step(track);
  }
  void end(Track& track) noexcept {
    call_.store(nullptr, std::memory_order_relaxed);
    step(track);
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// What stays the same while the rank stands still.
  struct Position {
    Track const* track = nullptr;
    std::uint64_t steps = 0, places = 0;
    bool operator==(Position const&) const = default;
  };

  static void step(Track& track) noexcept {  // no read-modify-write: there is one writer
    track.steps.store(track.steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  void watch();
  bool asked(std::chrono::duration<double> within) const;
  Position position() const;
  void look();
  bool expired();
  void expire();
  void tell(bool expired);
  Stand stand();
  bool main_thread_runs() const;

  WatchSettings settings_;
  int main_;  ///< the main thread's id

  std::mutex placing_;  // of what follows, up to the limit
  int rank_;
  std::string case_, phase_ = "start";
  double limit_ = 0;
  std::atomic<std::uint64_t> places_{0};

  Track world_{""};
  std::deque<Track> parts_;
  std::atomic<Track const*> track_{&world_};
  std::atomic<char const*> call_{nullptr};

  // Only the watch's own thread knows these.
  Position last_{};
  Clock::time_point looked_{};
  double still_ = 0;
  int looks_ = 0, looks_running_ = 0;  // since it stands still

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// One call, from here to the end of the scope.
class Mark {
 public:
  Mark(Watch& watch, Track& track, char const* call) noexcept : watch_(watch), track_(track) {
    watch.begin(track, call);
  }
  ~Mark() { watch_.end(track_); }
  Mark(Mark const&) = delete;
  Mark& operator=(Mark const&) = delete;

 private:
  Watch& watch_;
  Track& track_;
};

}  // namespace muster
