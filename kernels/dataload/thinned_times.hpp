// Times of things that go on for as long as one likes, in memory that was taken before the first of them.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace muster::dataload {

/// Which of a growing number of things are kept where there is room for `room` (even): every one, then every
/// second, every fourth, ... The same ones wherever as many are seen.
class Thinning {
 public:
  explicit Thinning(std::size_t room) : room_(room) {}
  bool keeps_next() const { return seen_ % stride_ == 0; }
  bool full() const { return (seen_ + stride_ - 1) / stride_ == room_; }
  void pass() { ++seen_; }
  void thin() { stride_ *= 2; }

  std::size_t room() const { return room_; }
  std::uint64_t stride() const { return stride_; }

 private:
  std::size_t room_;
  std::uint64_t seen_ = 0, stride_ = 1;
};

/// Seconds of calls: all of them until there is no more room, then fewer and fewer, evenly over the whole
/// time.
class ThinnedTimes {
 public:
  /// All memory is taken here, for `room` times (even).
  explicit ThinnedTimes(std::size_t room = std::size_t{1} << 16) : thinning_(room) {
    times_.resize(room);  // written once, so that the pages are there
    times_.clear();
  }

  /// Allocates nothing.
  void add(double seconds) {
    longest_ = std::max(longest_, seconds);
    if (thinning_.keeps_next()) keep(seconds);
    thinning_.pass();
  }
  /// Those that were kept, in order; the longest of all is among them.
  std::vector<double> values() const {
    auto values = times_;
    if (thinning_.stride() > 1 && std::ranges::find(values, longest_) == values.end())
      values.push_back(longest_);
    return values;
  }

 private:
  void keep(double seconds) {
    if (thinning_.full()) {
      for (std::size_t i = 0; i < times_.size() / 2; ++i) times_[i] = times_[2 * i];
      times_.resize(times_.size() / 2);
      thinning_.thin();
    }
    times_.push_back(seconds);
  }

  Thinning thinning_;
  std::vector<double> times_{};
  double longest_ = 0;
};

}  // namespace muster::dataload
