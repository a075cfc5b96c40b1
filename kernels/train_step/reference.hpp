// The network of machine.hpp in double precision and plain loops, on all ranks at once: what every machine's
// weights are held against.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/train_step/step_plan.hpp"
#include "kernels/train_step/step_teams.hpp"

namespace muster::train {

/// What T() of machine.hpp does: nothing, or rounding to the step's type.
enum class Rounding { none, as_stored };

/// One rank's activations and gradients. Calls come in the order of a machine's; `weights`: all parameters.
class ReferenceNetwork {
 public:
  ReferenceNetwork(StepPlan const& plan, std::uint64_t seed, Rounding rounding);

  /// `batch`: as many elements as there are, taken in turn.
  void embed(std::span<double const> weights, std::span<double const> batch);
  void forward(int layer, std::span<double const> weights);
  double loss();  ///< L; dy of the last layer is ready then
  /// Gradients are added to what is there.
  void backward(int layer, std::span<double const> weights);
  void embed_gradient();
  void clear_gradients();

  std::vector<double>& outputs(int layer) { return outputs_[static_cast<std::size_t>(layer)]; }
  /// dy of the layer whose backward() comes next.
  std::vector<double>& output_gradient() { return output_gradient_; }
  std::vector<double>& gradients() { return gradients_; }

 private:
  PlannedLayer const& planned(int layer) const { return plan_.layers[static_cast<std::size_t>(layer)]; }
  double rounded(double value) const;
  void take_inputs(int layer);
  std::vector<double> operand(int layer, std::span<double const> weights) const;
  std::vector<double> operand_gradient(int layer) const;
  std::vector<double> input_gradient(int layer, std::vector<double> const& w) const;
  void add_gradients(PlannedLayer const& layer, std::vector<double> const& dw);
  void fold(int layer, std::vector<double> const& dw);

  StepPlan const& plan_;
  std::uint64_t target_key_;
  Rounding rounding_;
  std::vector<double> first_inputs_{}, inputs_{};  ///< x_0, and x of the layer worked on last
  std::vector<std::vector<double>> outputs_;
  std::vector<double> output_gradient_{}, input_gradient_{}, gradients_;
};

/// Training on all ranks with the fixed batches: networks, sums and optimiser. Outlived by `plan`.
class Reference {
 public:
  Reference(StepPlan const& plan, StepTeams const& teams, std::uint64_t seed,
            Rounding rounding = Rounding::as_stored);

  /// One step: all micro-batches of all ranks, sums, update.
  void step();
  /// Forward and backward pass of one micro-batch on every rank, without an update; the mean of their losses.
  double gradients();
  /// The same forward pass alone.
  double loss();

  /// All parameters of the ranks of that team of reducers.
  std::vector<double>& weights(int reducers = 0) { return state(reducers).weight; }
  std::vector<double> const& first_moment(int reducers = 0) { return state(reducers).m; }
  std::vector<double> const& second_moment(int reducers = 0) { return state(reducers).v; }
  ReferenceNetwork& network(int rank) { return networks_[static_cast<std::size_t>(rank)]; }

 private:
  struct State {
    std::vector<double> weight, m, v;
  };

  State& state(int reducers) { return states_[static_cast<std::size_t>(reducers)]; }
  std::vector<double> const& weights_of(std::size_t rank) { return state(teams_.reducers[rank]).weight; }
  void forward_pass();
  void backward_pass();
  /// The mean over each team of sharers of what `of` gives for a rank.
  template <class Of>
  void average(Of&& of);
  void update(int reducers);

  StepPlan const& plan_;
  StepTeams teams_;
  Rounding rounding_;
  std::vector<ReferenceNetwork> networks_{};
  std::vector<std::vector<double>> batches_{};
  std::vector<State> states_{};
  std::uint64_t steps_ = 0;
};

/// A value as the step's type holds it.
double stored(Type type, double value);

/// All parameters as they are at the beginning, exactly as every machine holds them.
std::vector<float> first_weights(StepPlan const& plan, std::uint64_t seed);

}  // namespace muster::train
