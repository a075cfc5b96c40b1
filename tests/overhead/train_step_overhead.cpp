// What a training step's case costs beside the work it enqueues: on a machine that does nothing but note when
// its marks are reached, so that all the time is the harness's. With gpt3-175b's 96 blocks, in micro-batches.
//   muster_train_step_overhead
#include <fmt/format.h>

#include <chrono>

#include "harness/core/statistics.hpp"
#include "harness/group/group.hpp"
#include "kernels/train_step/step_instance.hpp"
#include "kernels/train_step/step_times.hpp"
#include "tests/kernels/null_machine.hpp"
#include "tests/unit/fakes.hpp"

namespace muster::train {
namespace {

using Clock = std::chrono::steady_clock;

class MarksOnly final : public test::NullMachine {
 public:
  explicit MarksOnly(StepPlan const& plan) : times_(StepMarks(plan).count()) {}
  void open_step() override { times_.open(); }
  void mark(Lane, int mark) override { times_.at(mark) = now_ += 1e-6; }
  bool take_times(std::span<double> seconds) override { return times_.take(seconds); }
  int ranks() const override { return 8; }

 private:
  StepTimes times_;
  double now_ = 0;
};

class NoInput final : public StepInput {
 public:
  BatchView next() override { return {}; }
  void resume() override {}
  std::uint64_t batches() const override { return 0; }
  double bytes_of_batch() const override { return 0; }
  Verdict verify() override { return Verdict::judge("nothing", 0, 0); }
  std::vector<Figure> figures() override { return {}; }
  std::vector<std::pair<std::string, std::string>> facts() override { return {}; }
};

/// Six products in each of 96 blocks, two of them summed over ranks that share layers.
StepPlan plan_of(int accumulate) {
  Network network{.name = "blocks", .tensor_parallel = 8, .blocks = {{"block", 96, {}}}};
  for (auto const* name : {"qkv", "scores", "values", "output", "up", "down"}) {
    bool const weights = name[0] != 's' && name[0] != 'v', summed = name[0] == 'o' || name[0] == 'd';
    network.blocks[0].layers.push_back({.name = name,
                                        .rows = 64,
                                        .outputs = 512,
                                        .inputs = 512,
                                        .weights = weights,
                                        .sum_outputs = summed,
                                        .sum_gradients = summed});
  }
  return plan_step(network, {.type = Type::bf16, .accumulate = accumulate, .bucket_bytes = 4 << 20});
}

/// Median seconds of a step.
template <class Step>
double seconds_of(Step&& step) {
  constexpr int rounds = 21, steps = 500;
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    auto const begin = Clock::now();
    for (int i = 0; i < steps; ++i) step();
    times.push_back(std::chrono::duration<double>(Clock::now() - begin).count() / steps);
  }
  return median(times);
}

void measure(int accumulate) {
  auto const plan = plan_of(accumulate);
  StepMarks const marks(plan);
  MarksOnly bare(plan);
  double const calls = seconds_of([&] { enqueue_step(plan, marks, {}, bare); });

  FakeDevice device;
  auto const group = solo_group();
  Context context{.device = device, .group = *group};
  StepInstance instance(plan, std::make_unique<NoInput>(), std::make_unique<MarksOnly>(plan), context);
  double const whole = seconds_of([&] { instance.launch(); });
  fmt::print(
      "{} layers, {} buckets, {} micro-batches, {} marks: {:.1f} us a step (the calls alone {:.1f} us); "
      "{:.2f} % "
      "of 10 ms\n",
      plan.layers.size(), plan.buckets.size(), accumulate, marks.count(), 1e6 * whole, 1e6 * calls,
      100 * whole / 10e-3);
}

}  // namespace
}  // namespace muster::train

int main() {
  for (int const accumulate : {1, 8}) muster::train::measure(accumulate);
}
