#include "kernels/train_step/step_replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kernels/contract/random.hpp"
#include "kernels/train_step/reference.hpp"
#include "kernels/train_step/step_data.hpp"
#include "kernels/train_step/step_examination.hpp"
#include "kernels/train_step/step_samples.hpp"

namespace muster::train {
namespace {

constexpr int replayed_steps = 3;
constexpr int batches_ahead = 3;  ///< that an input may have on the device, and one

using Values = std::vector<double>;

/// What is compared: weights less what they were at the beginning, and the moments.
struct Trained {
  Values change, m, v;
};

/// Rank 0 does the arithmetic for all, who would only share its cores.
Trained reference_of(StepPlan const& plan, StepGroups& groups, std::uint64_t seed,
                     std::vector<float> const& first) {
  std::vector<Trained> teams(static_cast<std::size_t>(groups.teams().sharing));
  if (groups.rank() == 0) {
    Reference reference(plan, groups.teams(), seed);
    for (int step = 0; step < replayed_steps; ++step) reference.step();
    for (int team = 0; team < groups.teams().sharing; ++team)
      teams[static_cast<std::size_t>(team)] = {reference.weights(team), reference.first_moment(team),
                                               reference.second_moment(team)};
  }
  for (auto& team : teams) {
    for (auto* values : {&team.change, &team.m, &team.v}) {
      values->resize(plan.parameters);
      groups.all().broadcast(std::as_writable_bytes(std::span(*values)), 0);
    }
  }
  auto own = std::move(teams[static_cast<std::size_t>(groups.reducer_team())]);
  for (std::size_t k = 0; k < own.change.size(); ++k) own.change[k] -= static_cast<double>(first[k]);
  return own;
}

Trained trained_by(StepMachine& machine, std::vector<float> const& first) {
  std::vector<std::uint64_t> all(first.size());
  std::iota(all.begin(), all.end(), 0);
  Trained now{machine.read(Array::weight, 0, all), machine.read(Array::first_moment, 0, all),
              machine.read(Array::second_moment, 0, all)};
  for (std::size_t k = 0; k < first.size(); ++k) now.change[k] -= static_cast<double>(first[k]);
  return now;
}

/// |got - right| / |right|, both as vectors.
double distance(std::span<double const> got, std::span<double const> right) {
  double off = 0, all = 0;
  for (std::size_t k = 0; k < got.size(); ++k) {
    off += (got[k] - right[k]) * (got[k] - right[k]);
    all += right[k] * right[k];
  }
  return off == 0 ? 0 : std::sqrt(off / all);
}

/// How far three steps' vectors may be off, as a share of their norm. Rounding moves a gradient by a share d
/// of its size; moments follow. Weights, which AdamW moves by about a learning rate whatever the gradient's
/// size, differ where a gradient is smaller than its error: in a share d of the elements, and sqrt(d) of the
/// vector. Measured (plain float loops, 8 layers, 1 to 8 ranks): moments 5e-7 in fp32 and 6e-3 in bf16,
/// weights 4e-6 and 1.3e-2; deeper networks add up more. Gradients of one rank alone, or of another batch,
/// are off by 0.7 and more.
struct ReplayLimits {
  double moments, change;
};

ReplayLimits replay_limits(Type type, int ranks) {
  if (type == Type::fp32) return {1e-4, 1e-2};
  double const share = std::min(0.3, 0.05 * std::sqrt(static_cast<double>(ranks)));
  return {share, std::sqrt(share)};
}

float first_weight_of(StepPlan const& plan, std::uint64_t seed, std::uint64_t index) {
  int const layer = layer_of_parameter(plan, index);
  if (layer == -2) return 0;
  if (layer == -1)
    return first_weight(weight_key(seed, embedding_layer), index - plan.embedding_first, embedding_scale);
  auto const& of = plan.layers[static_cast<std::size_t>(layer)];
  return first_weight(weight_key(seed, static_cast<std::uint64_t>(layer)), index - of.first,
                      first_scale(of.inputs));
}

class Comparison {
 public:
  Comparison(StepPlan const& plan, Trained const& got, Trained const& right, ReplayLimits limits)
      : plan_(plan), got_(got), right_(right), limits_(limits) {}

  StepFindings run() && {
    for (int layer = 0; layer < static_cast<int>(plan_.layers.size()); ++layer) {
      auto const& of = plan_.layers[static_cast<std::size_t>(layer)];
      if (of.weights) see_all(of.first, of.parameter_count(), layer_name(plan_, layer));
    }
    if (plan_.embedding_count > 0) see_all(plan_.embedding_first, plan_.embedding_count, "the embedding");
    return std::move(findings_);
  }

 private:
  void see_all(std::uint64_t first, std::uint64_t count, std::string const& of) {
    see(got_.m, right_.m, first, count, limits_.moments, "first moments of " + of);
    see(got_.v, right_.v, first, count, 2 * limits_.moments, "second moments of " + of);
    see(got_.change, right_.change, first, count, limits_.change, "change of the weights of " + of);
  }

  void see(Values const& got, Values const& right, std::uint64_t first, std::uint64_t count, double limit,
           std::string const& what) {
    double const off = distance(std::span(got).subspan(first, count), std::span(right).subspan(first, count));
    double const ratio = off <= StepFindings::beyond ? off / limit : StepFindings::beyond;
    findings_.add(ratio, fmt::format("{} after {} steps are {:.3g} of their norm away from the reference's "
                                     "(at most {:.2g})",
                                     what, replayed_steps, off, limit));
  }

  StepPlan const& plan_;
  Trained const& got_;
  Trained const& right_;
  ReplayLimits limits_;
  StepFindings findings_{};
};

/// A layer's samples' root mean square, for each of them.
Values scales(StepPlan const& plan, std::vector<std::uint64_t> const& places, Values const& values) {
  std::map<int, std::pair<double, double>> squares;  // their sum and number
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto& [sum, count] = squares[layer_of_parameter(plan, places[i])];
    sum += values[i] * values[i];
    ++count;
  }
  Values scales;
  for (auto const place : places) {
    auto const [sum, count] = squares[layer_of_parameter(plan, place)];
    scales.push_back(std::sqrt(sum / count));
  }
  return scales;
}

void see_moments(StepPlan const& plan, std::vector<std::uint64_t> const& places, Values const& got,
                 Values const& right, std::string const& after, StepFindings& findings) {
  auto const scale = scales(plan, places, right);
  WorstElement worst;
  for (std::size_t i = 0; i < places.size(); ++i)
    worst.see(got[i], right[i], 0.02 * scale[i], [&] { return parameter_name(plan, places[i]); });
  worst.report(findings, fmt::format("first moments after {} (expected: done piece by piece)", after));
}

/// Leaves gradients that nobody may use: a step that does not make them anew gets them wrong.
void spoil_gradients(StepPlan const& plan, StepMachine& machine) {
  machine.open_step();
  run_micro_batch(plan, machine, true);
  machine.settle();
}

/// A step of one micro-batch, whose batch has only just been made: those that lay there are used up.
void enqueue_fresh_batch(StepPlan const& plan, StepMarks const& marks, StepMachine& machine) {
  machine.restart();
  machine.open_step();
  for (int i = 0; i < batches_ahead; ++i) machine.take_batch();
  auto one = plan;
  one.options.accumulate = 1;
  enqueue_step(one, StepMarks(one), {}, machine);
  if (plan.options.accumulate > 1) machine.mark(Lane::compute, marks.end());
}

}  // namespace

bool small_enough_to_replay(StepPlan const& plan, int ranks, std::uint64_t flops) {
  std::uint64_t activations = 0;
  for (auto const& layer : plan.layers) activations += layer.output_count() + layer.input_count();
  auto const passes = static_cast<std::uint64_t>(ranks * plan.options.accumulate);
  return passes * replayed_steps * (plan.forward_flops() + plan.backward_flops()) <= flops &&
         plan.parameters <= std::uint64_t{1} << 20 &&
         static_cast<std::uint64_t>(ranks) * activations <= std::uint64_t{1} << 25;
}

void drop_times(StepMarks const& marks, StepMachine& machine) {
  std::vector<double> times(static_cast<std::size_t>(marks.count()));
  while (machine.take_times(times)) {
  }
}

StepFindings check_restart(StepPlan const& plan, StepMachine& machine, std::uint64_t seed) {
  StepFindings findings;
  auto const places = sampled_parameters(plan, stream_key(seed, 0x5D00000000ULL));
  auto const weights = machine.read(Array::weight, 0, places);
  WorstElement worst, moment;
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto const right = static_cast<double>(first_weight_of(plan, seed, places[i]));
    worst.see(weights[i], right, std::abs(right) * 0x1p-25, [&] { return parameter_name(plan, places[i]); });
  }
  worst.report(findings, "weights after a restart");
  for (auto const array : {Array::first_moment, Array::second_moment}) {
    auto const moments = machine.read(array, 0, places);
    for (std::size_t i = 0; i < places.size(); ++i)
      moment.see(moments[i], 0, 0, [&] { return parameter_name(plan, places[i]); });
  }
  moment.report(findings, "moments after a restart");
  if (auto const updates = machine.updates(); updates != 0)
    findings.fail(fmt::format("the optimiser counts {} updates after a restart", updates));
  return findings;
}

StepFindings check_against_reference(StepPlan const& plan, StepMarks const& marks, StepMachine& machine,
                                     StepGroups& groups, std::uint64_t seed) {
  spoil_gradients(plan, machine);
  machine.restart();
  for (int step = 0; step < replayed_steps; ++step) enqueue_step(plan, marks, {}, machine);
  machine.settle();
  auto const first = first_weights(plan, seed);
  auto const got = trained_by(machine, first);
  auto const right = reference_of(plan, groups, seed, first);
  return Comparison(plan, got, right, replay_limits(plan.options.type, groups.reducers().size())).run();
}

StepFindings check_schedule(StepPlan const& plan, StepMarks const& marks, StepMachine& machine,
                            std::uint64_t seed) {
  auto const places = sampled_parameters(plan, stream_key(seed, 0x5E00000000ULL));
  machine.restart();
  machine.open_step();
  for (int micro = 0; micro < plan.options.accumulate; ++micro) run_micro_batch(plan, machine, micro > 0);
  run_sums(plan, machine);
  run_updates(plan, machine);
  auto const right = machine.read(Array::first_moment, 0, places);
  StepFindings findings;
  // Each turn opens two steps, so that the places come round again.
  auto const turns = plan.options.graph ? static_cast<int>(kept_steps / 2) + 2 : replayed_steps;
  for (int again = 0; again < turns; ++again) {
    spoil_gradients(plan, machine);
    machine.restart();
    enqueue_step(plan, marks, {}, machine);
    auto const got = machine.read(Array::first_moment, 0, places);
    see_moments(plan, places, got, right, "a step as it is enqueued", findings);
  }
  return findings;
}

StepFindings check_batches(StepPlan const& plan, StepMarks const& marks, StepMachine& machine,
                           std::uint64_t seed) {
  auto const places = sampled_parameters(plan, stream_key(seed, 0x5F80000000ULL));
  enqueue_fresh_batch(plan, marks, machine);
  auto const got = machine.read(Array::first_moment, 0, places);
  machine.restart();
  machine.open_step();
  run_pieces(plan, machine, false);
  run_sums(plan, machine);
  run_updates(plan, machine);
  auto const right = machine.read(Array::first_moment, 0, places);
  StepFindings findings;
  see_moments(plan, places, got, right, "a step as it is enqueued on the batch that it took", findings);
  return findings;
}

}  // namespace muster::train
