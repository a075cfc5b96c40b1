#include "kernels/train_step/step_record.hpp"

#include <algorithm>
#include <array>

#include "kernels/train_step/decomposition.hpp"

namespace muster::train {
namespace {

constexpr std::array all_parts{&StepTime::step,      &StepTime::input,      &StepTime::forward,
                               &StepTime::backward,  &StepTime::tensor,     &StepTime::communication,
                               &StepTime::optimiser, &StepTime::checkpoint, &StepTime::rest,
                               &StepTime::reducing};

constexpr std::size_t most_reduces = std::size_t{1} << 16, most_steps_of_reduces = 1024;

/// Steps of which every bucket's time is kept.
std::size_t room_for_reduces(StepMarks const& marks) {
  auto const buckets = static_cast<std::size_t>(std::max(marks.bucket_count(), 1));
  return std::clamp(most_reduces / buckets, std::size_t{8}, most_steps_of_reduces) / 2 * 2;
}

KeptStep merged(KeptStep kept, KeptStep const& next) {
  kept.longest = std::max(kept.longest, next.longest);
  return kept;
}

}  // namespace

StepRecord::StepRecord(StepMarks const& marks, std::size_t room)
    : marks_(marks), thinning_(room / 2 * 2), reduce_thinning_(room_for_reduces(marks)) {
  // Written once, so that the pages are there.
  steps_.resize(thinning_.room());
  reduces_.resize(reduce_thinning_.room() * static_cast<std::size_t>(marks.bucket_count()));
  clear();
}

void StepRecord::clear() {
  count_ = 0;
  sum_ = {};
  longest_ = 0;
  thinning_ = dataload::Thinning(thinning_.room());
  reduce_thinning_ = dataload::Thinning(reduce_thinning_.room());
  steps_.clear();
  reduces_.clear();
}

void StepRecord::add(std::span<double const> seconds) {
  StepTime const time = decompose(marks_, seconds);
  double const begin = seconds[static_cast<std::size_t>(marks_.begin(0))];
  if (count_++ == 0) first_begin_ = begin;
  for (auto const part : all_parts) sum_.*part += time.*part;
  longest_ = std::max(longest_, time.step);
  keep({begin - first_begin_, time.step, time.step, time.communication + time.tensor});
  keep_reduces(seconds);
}

void StepRecord::keep(KeptStep const& step) {
  if (thinning_.full() && thinning_.keeps_next()) {
    for (std::size_t i = 0; i < steps_.size() / 2; ++i) steps_[i] = merged(steps_[2 * i], steps_[2 * i + 1]);
    steps_.resize(steps_.size() / 2);
    thinning_.thin();
  }
  if (thinning_.keeps_next()) {
    steps_.push_back(step);
  } else {
    steps_.back() = merged(steps_.back(), step);
  }
  thinning_.pass();
}

void StepRecord::keep_reduces(std::span<double const> seconds) {
  auto const buckets = static_cast<std::size_t>(marks_.bucket_count());
  if (reduce_thinning_.full() && reduce_thinning_.keeps_next()) {
    for (std::size_t row = 0; row < reduce_thinning_.room() / 2; ++row)
      std::copy_n(reduces_.begin() + static_cast<std::ptrdiff_t>(2 * row * buckets), buckets,
                  reduces_.begin() + static_cast<std::ptrdiff_t>(row * buckets));
    reduces_.resize(reduces_.size() / 2);
    reduce_thinning_.thin();
  }
  if (reduce_thinning_.keeps_next()) {
    for (int bucket = 0; bucket < marks_.bucket_count(); ++bucket)
      reduces_.push_back(reduce_time(marks_, seconds, bucket));
  }
  reduce_thinning_.pass();
}

StepTime StepRecord::mean() const {
  StepTime mean = sum_;
  for (auto const part : all_parts) mean.*part /= static_cast<double>(std::max<std::uint64_t>(count_, 1));
  return mean;
}

}  // namespace muster::train
