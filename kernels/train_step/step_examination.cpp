#include "kernels/train_step/step_examination.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kernels/train_step/micro_examination.hpp"
#include "kernels/train_step/step_data.hpp"
#include "kernels/train_step/step_samples.hpp"
#include "kernels/training/adamw.hpp"

namespace muster::train {
namespace {

/// Samples of what the optimiser works on.
struct OptimiserState {
  OptimiserState(StepMachine& machine, std::vector<std::uint64_t> const& places)
      : weight(machine.read(Array::weight, 0, places)),
        m(machine.read(Array::first_moment, 0, places)),
        v(machine.read(Array::second_moment, 0, places)) {}
  training::AdamwElement at(std::size_t i) const {
    return {static_cast<float>(weight[i]), static_cast<float>(m[i]), static_cast<float>(v[i])};
  }
  std::vector<double> weight, m, v;
};

class StepExamination {
 public:
  StepExamination(StepPlan const& plan, StepMachine& machine, StepGroups& groups, std::uint64_t seed)
      : plan_(plan),
        machine_(machine),
        groups_(groups),
        seed_(seed),
        limits_(plan.options.type),
        places_(sampled_parameters(plan, stream_key(seed, 0x5B00000000ULL))) {}

  StepFindings run() && {
    machine_.open_step();
    for (int micro = 0; micro < plan_.options.accumulate; ++micro) run_micro(micro);
    sums();
    updates();
    return std::move(findings_);
  }

 private:
  /// The first one's gradients are written, the last one's added; those between are like the last.
  void run_micro(int micro) {
    bool const first = micro == 0, last = micro + 1 == plan_.options.accumulate;
    if (!first && !last) return run_micro_batch(plan_, machine_, true);
    MicroExamination examination(plan_, machine_, groups_, seed_);
    examination.run(!first);
    findings_.merge(examination.findings());
  }

  void sums() {
    int const ranks = groups_.reducers().size();
    if (machine_.ranks() != ranks)
      findings_.fail(fmt::format("gradients are summed over {} ranks, but {} hold the same weights",
                                 machine_.ranks(), ranks));
    auto const right = groups_.over_reducers(gradients());
    run_sums(plan_, machine_);
    auto const got = gradients();
    WorstElement worst;
    for (std::size_t i = 0; i < places_.size(); ++i)
      worst.see(got[i], right.sum[i], limits_.over_ranks(right.sum[i], right.norm[i], ranks),
                [&] { return parameter_name(plan_, places_[i]); });
    worst.report(findings_, fmt::format("sum of gradients over {} ranks", ranks));
  }

  void updates() {
    auto const sums = gradients();
    OptimiserState const old(machine_, places_);
    auto const before = machine_.updates();
    run_updates(plan_, machine_);
    if (auto const now = machine_.updates(); now != before + 1)
      findings_.fail(fmt::format("the optimiser counts {} updates after the next of {}", now, before));
    see_state(old, sums, before + 1);
    for (int layer = 0; layer < static_cast<int>(plan_.layers.size()); ++layer) see_copy(layer);
  }

  void see_state(OptimiserState const& old, std::vector<double> const& sums, std::uint64_t t) {
    OptimiserState const now(machine_, places_);
    auto const step = training::adamw_step_of({}, t);
    WorstElement weight, m, v;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      auto const right = updated(old.at(i), static_cast<float>(sums[i]), step, now.at(i));
      auto const where = [&] { return parameter_name(plan_, places_[i]); };
      see_bits(weight, now.weight[i], right.weight, where);
      see_bits(m, now.m[i], right.m, where);
      see_bits(v, now.v[i], right.v, where);
    }
    weight.report(findings_, fmt::format("master weights after update {}", t));
    m.report(findings_, fmt::format("first moments after update {}", t));
    v.report(findings_, fmt::format("second moments after update {}", t));
  }

  /// The mean may be made by a division, or by a product with the reciprocal: whichever `got` agrees with.
  training::AdamwElement updated(training::AdamwElement const& old, float sum,
                                 training::AdamwStep const& step, training::AdamwElement const& got) const {
    int const parts = machine_.ranks() * plan_.options.accumulate;
    auto const by_product = training::adamw_update(old, sum * (1.0F / static_cast<float>(parts)), step);
    if (by_product.m == got.m && by_product.v == got.v) return by_product;
    return training::adamw_update(old, mean_gradient(sum, parts), step);
  }

  /// adamw_update() is the same on every machine, bit for bit: half a bit is too much.
  template <class Where>
  static void see_bits(WorstElement& worst, double got, float right, Where const& where) {
    auto const expected = static_cast<double>(right);
    worst.see(got, expected, std::abs(expected) * 0x1p-25, where);
  }

  /// Weights as they will be multiplied in the next step.
  void see_copy(int layer) {
    auto const& of = plan_.layers[static_cast<std::size_t>(layer)];
    auto const places =
        sampled_indices(stream_key(seed_, 0x5C00000000ULL + static_cast<std::uint64_t>(layer)),
                        of.parameter_count(), sample_count(1));
    if (places.empty()) return;
    std::vector<std::uint64_t> masters;
    for (auto const place : places) masters.push_back(of.first + place);
    auto const got = machine_.read(Array::operand, layer, places),
               expected = machine_.read(Array::weight, 0, masters);
    WorstElement worst;
    for (std::size_t i = 0; i < places.size(); ++i)
      worst.see(got[i], expected[i], limits_.stored(expected[i]),
                [&] { return fmt::format("element {}", places[i]); });
    worst.report(findings_,
                 fmt::format("weights as multiplied of {} after the update", layer_name(plan_, layer)));
  }

  std::vector<double> gradients() { return machine_.read(Array::gradient, 0, places_); }

  StepPlan const& plan_;
  StepMachine& machine_;
  StepGroups& groups_;
  std::uint64_t seed_;
  StepLimits limits_;
  std::vector<std::uint64_t> places_;
  StepFindings findings_{};
};

}  // namespace

void run_micro_batch(StepPlan const& plan, StepMachine& machine, bool add) {
  machine.take_batch();
  run_pieces(plan, machine, add);
}

void run_pieces(StepPlan const& plan, StepMachine& machine, bool add) {
  machine.embed();
  int const layers = static_cast<int>(plan.layers.size());
  auto const planned = [&](int layer) -> auto& { return plan.layers[static_cast<std::size_t>(layer)]; };
  for (int layer = 0; layer < layers; ++layer) {
    machine.forward(layer);
    if (planned(layer).sum_outputs) machine.sum_outputs(layer);
  }
  machine.loss();
  for (int layer = layers - 1; layer >= 0; --layer) {
    machine.backward(layer, add);
    if (layer > 0 && planned(layer).sum_gradients) machine.sum_gradients(layer);
  }
  if (plan.first_data_gradient()) machine.embed_gradient(add);
}

void run_sums(StepPlan const& plan, StepMachine& machine) {
  for (auto const& bucket : plan.buckets) {
    machine.settle();
    if (machine.ranks() > 1) machine.reduce(bucket);
  }
}

void run_updates(StepPlan const& plan, StepMachine& machine) {
  machine.settle();
  machine.next_update();
  for (auto const& bucket : plan.buckets) machine.update(bucket);
  machine.settle();
}

StepFindings examine_step(StepPlan const& plan, StepMachine& machine, StepGroups& groups,
                          std::uint64_t seed) {
  return StepExamination(plan, machine, groups, seed).run();
}

}  // namespace muster::train
