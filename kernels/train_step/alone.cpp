#include "kernels/train_step/alone.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/contract/race.hpp"

namespace muster::train {
namespace {

constexpr double least_turn = 50e-3, longest_of_five_rounds = 10;  // seconds
constexpr double very_long_step = 0.5;                             // seconds
constexpr double fewest_steps = 2, most_steps = 32;
constexpr int kinds = 6;

/// Steps of one kind over all rounds.
struct Turns {
  StepParts parts{};
  bool wanted = true;
  std::vector<double> step{}, forward{}, backward{}, optimiser{}, compute{};  // means of a turn
  std::vector<StepPieces> pieces{};
  std::vector<double> told{};
};

double median_or(std::vector<double> const& values, double otherwise) {
  return values.empty() ? otherwise : muster::median_of(values);
}

class Measurement {
 public:
  Measurement(StepPlan const& plan, StepMarks const& marks, StepInput& input, StepMachine& machine,
              AloneRounds const& rounds, Context& context)
      : marks_(marks),
        input_(input),
        runner_(plan, marks, machine),
        rounds_(rounds),
        graph_(plan.options.graph),
        group_(context.group),
        watch_(context.device.stopwatch()) {
    bool const reads = plan.options.input && plan.input != Network::Input::none;
    communication_.wanted = machine.ranks() > 1 || (plan.tensor_parallel > 1 && marks.sum_count() > 0);
    batches_.wanted = beside_input_.wanted = reads;
    beside_sums_.wanted = machine.ranks() > 1 && marks.bucket_count() > 0 && plan.options.overlap;
  }

  AloneTimes run() {
    for (int round = 0; round < rounds_.rounds; ++round) {
      for (auto* turns : {&whole_, &beside_input_, &compute_, &beside_sums_, &communication_, &batches_}) {
        if (turns->wanted) take(*turns);
      }
    }
    return result();
  }

 private:
  void take(Turns& turns) {
    runner_.start_over();
    if (turns.parts.input) {
      input_.resume();
    } else {
      input_.rest();
    }
    group_.barrier();
    warm_up(turns);
    StepTime sum;
    runner_.tell([&](std::span<double const> seconds) { add(turns, seconds, sum); });
    watch_->start();
    for (int i = 0; i < rounds_.steps; ++i) runner_.run(turns.parts);
    watch_->stop();
    double const outside = watch_->seconds();
    runner_.finish();
    keep(turns, sum, outside);
  }

  /// The marks of kept_steps steps are kept, each in a place of its own. A machine with graphs has one for
  /// each place and kind of step, and records it when a step of the kind comes to the place for the second
  /// time: after twice as many steps all are there.
  void warm_up(Turns& turns) {
    runner_.tell([](std::span<double const>) {});
    auto const steps = graph_ && turns.step.empty() ? 2 * kept_steps : 1;
    for (std::uint64_t i = 0; i < steps; ++i) runner_.run(turns.parts);
    runner_.finish();
  }

  void add(Turns& turns, std::span<double const> seconds, StepTime& sum) const {
    auto const time = decompose(marks_, seconds);
    sum.step += time.step, sum.forward += time.forward;
    sum.backward += time.backward, sum.optimiser += time.optimiser;
    if (&turns == &compute_ || &turns == &communication_) turns.pieces.emplace_back(marks_, seconds);
  }

  void keep(Turns& turns, StepTime const& sum, double outside) const {
    double const steps = rounds_.steps;
    turns.step.push_back(sum.step / steps);
    turns.forward.push_back(sum.forward / steps);
    turns.backward.push_back(sum.backward / steps);
    turns.optimiser.push_back(sum.optimiser / steps);
    turns.compute.push_back((sum.forward + sum.backward + sum.optimiser) / steps);
    if (outside > 0) turns.told.push_back(sum.step / outside);
  }

  AloneTimes result() const {
    AloneTimes times(marks_);
    times.compute = median_or(compute_.step, -1);
    times.communication = median_or(communication_.step, -1);
    times.input = median_or(batches_.step, -1);
    times.forward = median_or(compute_.forward, 0);
    times.backward = median_or(compute_.backward, 0);
    times.optimiser = median_or(compute_.optimiser, 0);
    times.backward_beside_sums = median_or(beside_sums_.backward, -1);
    times.compute_beside_input = median_or(beside_input_.compute, -1);
    times.told = median_or(whole_.told, 1);
    times.compute_pieces = median_of(compute_.pieces);
    if (communication_.wanted) times.communication_pieces = median_of(communication_.pieces);
    return times;
  }

  StepMarks const& marks_;
  StepInput& input_;
  StepRunner runner_;
  AloneRounds rounds_;
  bool graph_;
  Group& group_;
  std::unique_ptr<Stopwatch> watch_;
  Turns whole_{}, beside_sums_{.parts = {.input = false}}, beside_input_{.parts = {.communicate = false}},
      compute_{.parts = {.input = false, .communicate = false}},
      communication_{.parts = {.input = false, .compute = false}},
      batches_{.parts = {.compute = false, .communicate = false}};
};

}  // namespace

AloneRounds alone_rounds(double step_seconds) {
  double const steps = step_seconds > 0
                           ? std::clamp(std::ceil(least_turn / step_seconds), fewest_steps, most_steps)
                           : most_steps;
  if (step_seconds >= very_long_step) return {.rounds = 3, .steps = 1};
  bool const long_steps = kinds * 5 * (steps + 1) * step_seconds > longest_of_five_rounds;
  return {.rounds = long_steps ? 3 : 5, .steps = static_cast<int>(steps)};
}

AloneTimes measure_alone(StepPlan const& plan, StepMarks const& marks, StepInput& input, StepMachine& machine,
                         AloneRounds const& rounds, Context& context) {
  return Measurement(plan, marks, input, machine, rounds, context).run();
}

}  // namespace muster::train
