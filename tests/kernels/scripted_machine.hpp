// A training step whose pieces take set times, in virtual time: nothing sleeps, so what comes out can be
// worked out by hand. And an input whose batches do.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/group.hpp"
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/train_step/step_times.hpp"
#include "tests/unit/fakes.hpp"

namespace muster::train::test {

/// What pieces take, in seconds.
struct StepScript {
  double embed = 0, forward = 1e-3, loss = 0, backward = 2e-3;  ///< of each layer
  double embed_gradient = 0, update = 0;                        ///< of each bucket
  double reduce = 1e-3;                                         ///< of each bucket, once all ranks are there
  double sum = 0;    ///< of what ranks that share a layer sum, likewise
  double batch = 0;  ///< for the input to make one
  double state = 0;  ///< to copy the state
  double pause = 0;  ///< between two steps
  /// While sums go on, computing takes so many times longer, less one; and sums while anything is computed in
  /// the step.
  double compute_contention = 0, reduce_contention = 0;
  double input_contention = 0;  ///< the same of computing while the input makes batches
  double refill = 0;            ///< that the input goes on making batches ahead when it has one ready
  int ranks = 1;                ///< over which gradients are summed where there is no group
  /// Seconds more in the forward pass of a step, by its number.
  std::function<double(std::uint64_t step)> stall = [](std::uint64_t) { return 0.0; };
  std::optional<Lane> drops_waits{};  ///< a fault: this lane does not wait for the other one
};

/// The clock of one rank's lanes; all begin at 0, and are compared where ranks meet.
struct VirtualTime {
  double compute = 0, communication = 0;
};

/// Makes a batch after the other, one ahead of the one that the step works on.
class ScriptedInput : public StepInput {
 public:
  ScriptedInput(double const& seconds, VirtualTime& time, double refill = 0)
      : seconds_(seconds), time_(time), refill_(refill) {}

  BatchView next() override {
    double const taken_before = std::exchange(taken_, time_.compute);
    double const ready = begun_ + seconds_;
    time_.compute = std::max(time_.compute, ready);
    // The next one is begun once this one is ready and the one before it is no longer worked on.
    begun_ = std::max(ready, taken_before);
    ++batches_;
    return {&value_, 1, BatchView::Kind::float32};
  }
  void resume() override { begun_ = taken_ = time_.compute; }
  void rest() override { time_.compute = std::max(time_.compute, busy_until()); }
  double busy_until() const { return batches_ > 0 ? begun_ + seconds_ + refill_ : 0; }
  std::uint64_t batches() const override { return batches_; }
  double bytes_of_batch() const override { return seconds_ > 0 ? 1e6 : 0; }
  Verdict verify() override { return Verdict::judge("nothing", 0, 0); }
  std::vector<Figure> figures() override {
    return {{"storage_bandwidth", 1e9, "B/s"}, {"batches_seen", static_cast<double>(batches_), ""}};
  }
  std::vector<std::pair<std::string, std::string>> facts() override { return {{"bottleneck", "read"}}; }

 private:
  double const& seconds_;
  VirtualTime& time_;
  double refill_;
  double begun_ = 0, taken_ = 0;
  std::uint64_t batches_ = 0;
  float value_ = 0;
};

class ScriptedMachine final : public StepMachine {
 public:
  /// `group`: where ranks meet, in whose sums the last one counts; null: they are all as this one.
  ScriptedMachine(StepPlan plan, StepScript const& script, ScriptedInput& input, VirtualTime& time,
                  FakeDevice& device, Group* group = nullptr)
      : plan_(std::move(plan)),
        script_(script),
        input_(input),
        time_(time),
        device_(device),
        group_(group),
        times_(StepMarks(plan_).count()),
        gradients_(plan_.layers.size() + 1) {}

  void open_step() override {
    times_.open();
    time_.compute += script_.pause;
    computes_ = false;
    std::ranges::fill(gradients_, Gradient{});
  }
  void mark(Lane lane, int mark) override {
    times_.at(mark) = at(lane);
    device_.advance(time_.compute - told_);
    told_ = time_.compute;
  }
  void wait(Lane lane, int mark) override {
    if (script_.drops_waits != lane) at(lane) = std::max(at(lane), times_.at(mark));
  }

  void take_batch() override { input_.next(); }
  void embed() override { compute(script_.embed + script_.stall(step_++)); }
  void forward(int) override { compute(script_.forward); }
  void sum_outputs(int) override { meet(time_.compute, script_.sum); }
  void sum_gradients(int) override { meet(time_.compute, script_.sum); }
  void loss() override { compute(script_.loss); }
  void backward(int layer, bool) override {
    compute(script_.backward);
    note_gradient(gradients_[static_cast<std::size_t>(layer)]);
  }
  void embed_gradient(bool) override {
    compute(script_.embed_gradient);
    note_gradient(gradients_.back());
  }
  void update(Bucket const& bucket) override {
    if (time_.compute < summed_until(bucket)) ++early_updates;
    compute(script_.update);
  }
  void next_update() override { ++updates_; }
  void copy_state(std::uint64_t, std::uint64_t, std::byte*) override { compute(script_.state); }

  void reduce(Bucket const& bucket) override {
    if (time_.communication < complete_at(bucket)) ++early_sums;
    double const begin = time_.communication;
    meet(time_.communication, script_.reduce * (1 + (computes_ ? script_.reduce_contention : 0)));
    sums_.at(static_cast<std::size_t>(number_of(bucket))) = {begin, time_.communication};
    if (begin > now_summing_.end) now_summing_.begin = begin;
    now_summing_.end = time_.communication;
  }

  void settle() override {
    time_.compute = time_.communication = std::max(time_.compute, time_.communication);
  }
  void await_copy() override {}
  std::shared_ptr<std::byte> state_memory(std::uint64_t bytes) override {
    return {new std::byte[bytes], std::default_delete<std::byte[]>()};
  }
  bool take_times(std::span<double> seconds) override { return times_.take(seconds); }
  int ranks() const override { return group_ != nullptr ? group_->size() : script_.ranks; }
  int rank() const override { return group_ != nullptr ? group_->rank() : 0; }
  void restart() override { updates_ = 0; }
  std::uint64_t updates() override { return updates_; }
  std::vector<double> read(Array, int, std::span<std::uint64_t const>) override {
    throw std::logic_error("the scripted machine computes nothing");
  }
  void use_fixed_batch(bool) override {}
  std::uint64_t weights_hash() override { return 0; }
  std::vector<std::pair<std::string, std::string>> facts() override { return {{"machine", "scripted"}}; }

  int early_sums = 0;     ///< of gradients that were not complete
  int early_updates = 0;  ///< with gradients that were not summed

 private:
  /// When a layer's gradient was last added to, and how often.
  struct Gradient {
    double at = 0;
    int times = 0;
  };
  struct Sum {
    double begin = 0, end = 0;
  };

  double& at(Lane lane) { return lane == Lane::compute ? time_.compute : time_.communication; }

  /// Seconds of work, of which those that sums or the input go on beside take longer.
  void compute(double seconds) {
    computes_ = true;
    while (seconds > 0) {
      double const slower = slowness(), change = next_change();
      double const until_change = (change - time_.compute) / slower;
      time_.compute = until_change <= seconds ? change : time_.compute + seconds * slower;
      seconds -= std::min(seconds, until_change);
    }
  }

  double slowness() const {
    bool const sums = time_.compute >= now_summing_.begin && time_.compute < now_summing_.end;
    return 1 + (sums ? script_.compute_contention : 0) +
           (time_.compute < input_.busy_until() ? script_.input_contention : 0);
  }

  /// The next moment at which sums or the input begin or end.
  double next_change() const {
    double next = std::numeric_limits<double>::infinity();
    for (double const at : {now_summing_.begin, now_summing_.end, input_.busy_until()}) {
      if (at > time_.compute) next = std::min(next, at);
    }
    return next;
  }

  /// All ranks' lanes go on together.
  void meet(double& lane, double seconds) {
    if (group_ != nullptr) lane = group_->max(lane);
    lane += seconds;
  }

  void note_gradient(Gradient& gradient) const { gradient = {time_.compute, gradient.times + 1}; }

  bool covers(Bucket const& bucket, std::size_t layer) const {
    if (layer == plan_.layers.size())
      return plan_.first_data_gradient() && bucket.end > plan_.embedding_first;
    auto const& l = plan_.layers[layer];
    return l.weights && l.first >= bucket.begin && l.first < bucket.end;
  }

  double complete_at(Bucket const& bucket) const {
    double at = 0;
    for (std::size_t layer = 0; computes_ && layer < gradients_.size(); ++layer) {
      if (!covers(bucket, layer)) continue;
      bool const whole = gradients_[layer].times == plan_.options.accumulate;
      at = whole ? std::max(at, gradients_[layer].at) : std::numeric_limits<double>::infinity();
      if (!whole) break;
    }
    return at;
  }

  int number_of(Bucket const& bucket) const {
    auto const found = std::ranges::find(plan_.buckets, bucket.begin, &Bucket::begin);
    return static_cast<int>(found - plan_.buckets.begin());
  }
  double summed_until(Bucket const& bucket) const {
    return sums_.at(static_cast<std::size_t>(number_of(bucket))).end;
  }

  StepPlan plan_;
  StepScript const& script_;
  ScriptedInput& input_;
  VirtualTime& time_;
  FakeDevice& device_;
  Group* group_;
  StepTimes times_;
  std::vector<Gradient> gradients_;
  std::vector<Sum> sums_ = std::vector<Sum>(plan_.buckets.size());
  Sum now_summing_{};
  std::uint64_t step_ = 0, updates_ = 0;
  double told_ = 0;
  bool computes_ = false;
};

}  // namespace muster::train::test
