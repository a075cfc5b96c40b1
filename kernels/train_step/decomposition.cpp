#include "kernels/train_step/decomposition.hpp"

#include <algorithm>

#include "kernels/contract/race.hpp"

namespace muster::train {
namespace {

/// Goes along the compute lane's marks.
class Walk {
 public:
  Walk(std::span<double const> seconds, double from) : seconds_(seconds), at_(from) {}

  /// Seconds to this mark from the one before that was set.
  double to(int mark) {
    double const there = seconds_[static_cast<std::size_t>(mark)];
    if (there < 0) return 0;
    double const passed = there - at_;
    at_ = there;
    return passed;
  }

 private:
  std::span<double const> seconds_;
  double at_;
};

double between(std::span<double const> seconds, int begin, int end) {
  double const from = seconds[static_cast<std::size_t>(begin)], to = seconds[static_cast<std::size_t>(end)];
  return from < 0 || to < 0 ? 0 : to - from;
}

/// Of sums [first, first + count) of the schedule.
double sums_between(StepMarks const& marks, std::span<double const> seconds, int first, int count) {
  double sum = 0;
  for (int i = first; i < first + count; ++i) sum += between(seconds, marks.sum_begin(i), marks.sum_end(i));
  return sum;
}

void add_micro(StepMarks const& marks, std::span<double const> seconds, int micro, Walk& walk,
               StepTime& time) {
  time.rest += walk.to(marks.begin(micro));
  time.input += walk.to(marks.batch_taken(micro));
  int const first = micro * marks.sums_of_micro();
  double const in_forward = sums_between(marks, seconds, first, marks.forward_sums());
  double const in_backward = sums_between(marks, seconds, first + marks.forward_sums(),
                                          marks.sums_of_micro() - marks.forward_sums());
  time.forward += walk.to(marks.forward_end(micro)) - in_forward;
  time.backward += walk.to(marks.backward_end(micro)) - in_backward;
  time.tensor += in_forward + in_backward;
}

/// Where nothing is summed, nothing is waited for: what lies before the update belongs to it.
void add_bucket(StepMarks const& marks, std::span<double const> seconds, int bucket, Walk& walk,
                StepTime& time) {
  bool const summed = seconds[static_cast<std::size_t>(marks.reduce_end(bucket))] >= 0;
  (summed ? time.communication : time.optimiser) += walk.to(marks.resumed(bucket));
  time.optimiser += walk.to(marks.updated(bucket));
  time.reducing += reduce_time(marks, seconds, bucket);
}

}  // namespace

StepTime decompose(StepMarks const& marks, std::span<double const> seconds) {
  StepTime time;
  double const begin = seconds[static_cast<std::size_t>(marks.begin(0))];
  Walk walk(seconds, begin);
  for (int micro = 0; micro < marks.micros(); ++micro) add_micro(marks, seconds, micro, walk, time);
  for (int bucket = 0; bucket < marks.bucket_count(); ++bucket)
    add_bucket(marks, seconds, bucket, walk, time);
  time.rest += walk.to(marks.checkpoint_begin());
  time.checkpoint += walk.to(marks.checkpoint_end());
  time.rest += walk.to(marks.end());
  time.step = between(seconds, marks.begin(0), marks.end());
  return time;
}

double reduce_time(StepMarks const& marks, std::span<double const> seconds, int bucket) {
  return between(seconds, marks.reduce_begin(bucket), marks.reduce_end(bucket));
}

StepPieces::StepPieces(StepMarks const& marks)
    : ready(static_cast<std::size_t>(marks.bucket_count())), reduce(ready), update(ready) {}

StepPieces::StepPieces(StepMarks const& marks, std::span<double const> seconds) : StepPieces(marks) {
  int const begin = marks.begin(0);
  step = between(seconds, begin, marks.end());
  backward_end = between(seconds, begin, marks.backward_end(marks.micros() - 1));
  for (int bucket = 0; bucket < marks.bucket_count(); ++bucket) {
    auto const i = static_cast<std::size_t>(bucket);
    ready[i] = between(seconds, begin, marks.ready(bucket));
    reduce[i] = reduce_time(marks, seconds, bucket);
    update[i] = between(seconds, marks.resumed(bucket), marks.updated(bucket));
  }
}

StepPieces median_of(std::span<StepPieces const> steps) {
  StepPieces result = steps.front();
  auto const over_steps = [&](auto&& number) {
    std::vector<double> values;
    for (auto const& pieces : steps) values.push_back(number(pieces));
    return muster::median_of(std::move(values));
  };
  result.step = over_steps([](StepPieces const& p) { return p.step; });
  result.backward_end = over_steps([](StepPieces const& p) { return p.backward_end; });
  for (auto const list : {&StepPieces::ready, &StepPieces::reduce, &StepPieces::update}) {
    for (std::size_t i = 0; i < result.ready.size(); ++i)
      (result.*list)[i] = over_steps([&](StepPieces const& p) { return (p.*list)[i]; });
  }
  return result;
}

double shortest_step(StepPieces const& compute, StepPieces const& communication) {
  double const begin = compute.backward_end + communication.backward_end;
  double summed = 0, done = begin, updates = 0;
  for (std::size_t i = 0; i < compute.ready.size(); ++i) {
    summed = std::max(summed, compute.ready[i] + communication.ready[i]) + communication.reduce[i];
    if (communication.reduce[i] > 0) done = std::max(done, summed);
    done += compute.update[i];
    updates += compute.update[i];
  }
  // What a step that only computes does besides: its end, the optimiser's beginning.
  return done + std::max(0.0, compute.step - compute.backward_end - updates);
}

}  // namespace muster::train
