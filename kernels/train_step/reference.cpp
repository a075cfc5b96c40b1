#include "kernels/train_step/reference.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/contract/float16.hpp"
#include "kernels/train_step/layer_terms.hpp"
#include "kernels/train_step/step_data.hpp"
#include "kernels/training/adamw.hpp"

namespace muster::train {
namespace {

double softsign(double v) { return v / (1 + std::abs(v)); }
double softsign_slope(double v) { return 1 / ((1 + std::abs(v)) * (1 + std::abs(v))); }

std::size_t size_of(std::int64_t count) { return static_cast<std::size_t>(count); }

/// out[i][j] += sum over k of left[k][i] right[k][j]: rows of `right` are gone through in order.
void add_product_over_rows(double const* left, double const* right, std::size_t count, std::size_t lines,
                           std::size_t columns, double* out) {
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t i = 0; i < lines; ++i) {
      double const factor = left[k * lines + i];
      for (std::size_t j = 0; j < columns; ++j) out[i * columns + j] += factor * right[k * columns + j];
    }
  }
}

/// out[i][j] += sum over k of left[i][k] right[k][j].
void add_product(double const* left, double const* right, std::size_t lines, std::size_t count,
                 std::size_t columns, double* out) {
  for (std::size_t i = 0; i < lines; ++i) {
    for (std::size_t k = 0; k < count; ++k) {
      double const factor = left[i * count + k];
      for (std::size_t j = 0; j < columns; ++j) out[i * columns + j] += factor * right[k * columns + j];
    }
  }
}

std::vector<double> transposed(double const* from, std::size_t lines, std::size_t columns) {
  std::vector<double> to(lines * columns);
  for (std::size_t i = 0; i < lines; ++i) {
    for (std::size_t j = 0; j < columns; ++j) to[j * lines + i] = from[i * columns + j];
  }
  return to;
}

}  // namespace

double stored(Type type, double value) {
  float const single = static_cast<float>(value);
  return static_cast<double>(type == Type::bf16 ? from_bf16(to_bf16(single)) : single);
}

std::vector<float> first_weights(StepPlan const& plan, std::uint64_t seed) {
  std::vector<float> weights(plan.parameters);
  auto const fill = [&](std::uint64_t first, std::uint64_t count, std::uint64_t layer, float scale) {
    auto const key = weight_key(seed, layer);
    for (std::uint64_t i = 0; i < count; ++i) weights[first + i] = first_weight(key, i, scale);
  };
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    auto const& layer = plan.layers[i];
    if (layer.weights) fill(layer.first, layer.parameter_count(), i, first_scale(layer.inputs));
  }
  fill(plan.embedding_first, plan.embedding_count, embedding_layer, embedding_scale);
  return weights;
}

ReferenceNetwork::ReferenceNetwork(StepPlan const& plan, std::uint64_t seed, Rounding rounding)
    : plan_(plan),
      target_key_(target_key(seed)),
      rounding_(rounding),
      outputs_(plan.layers.size()),
      gradients_(plan.parameters) {}

double ReferenceNetwork::rounded(double value) const {
  return rounding_ == Rounding::none ? value : stored(plan_.options.type, value);
}

void ReferenceNetwork::clear_gradients() { std::ranges::fill(gradients_, 0); }

void ReferenceNetwork::embed(std::span<double const> weights, std::span<double const> batch) {
  first_inputs_.resize(planned(0).input_count());
  auto const embedding = weights.subspan(plan_.embedding_first, plan_.embedding_count);
  for (std::size_t k = 0; k < first_inputs_.size(); ++k) {
    double const added = embedding.empty() ? 0 : embedding[k % embedding.size()];
    first_inputs_[k] = rounded(batch[k % batch.size()] + added);
  }
}

void ReferenceNetwork::take_inputs(int layer) {
  if (layer == 0) {
    inputs_ = first_inputs_;
    return;
  }
  auto const& before = outputs(layer - 1);
  auto const terms = layer_terms(plan_, layer);
  inputs_.resize(planned(layer).input_count());
  for (std::size_t j = 0; j < inputs_.size(); ++j) {
    double sum = 0;
    terms.inputs.each(j, [&](std::uint64_t k) { sum += softsign(before[k]); });
    inputs_[j] = rounded(sum * terms.input_scale);
  }
}

std::vector<double> ReferenceNetwork::operand(int layer, std::span<double const> weights) const {
  auto const& of = planned(layer);
  std::vector<double> w(of.operand_count());
  if (of.weights) {
    for (std::size_t j = 0; j < w.size(); ++j) w[j] = rounded(weights[of.first + j]);
    return w;
  }
  auto const& before = outputs_[static_cast<std::size_t>(layer - 1)];
  auto const terms = layer_terms(plan_, layer).operand;
  for (std::size_t j = 0; j < w.size(); ++j)
    w[j] =
        rounded((softsign(before[terms.at(j)]) + static_cast<double>(operand_sign(j))) * operand_scale(of));
  return w;
}

void ReferenceNetwork::forward(int layer, std::span<double const> weights) {
  auto const& of = planned(layer);
  auto const rows = size_of(of.rows), columns = size_of(of.outputs), inner = size_of(of.inputs);
  take_inputs(layer);
  auto const w = operand(layer, weights);
  auto& y = outputs(layer);
  y.assign(of.output_count(), 0);
  for (std::size_t b = 0; b < size_of(of.batch); ++b) {
    auto const across = transposed(w.data() + b * columns * inner, columns, inner);
    add_product(inputs_.data() + b * rows * inner, across.data(), rows, inner, columns,
                y.data() + b * rows * columns);
  }
  for (auto& value : y) value = rounded(value);
}

double ReferenceNetwork::loss() {
  auto const& y = outputs_.back();
  auto const count = static_cast<double>(y.size());
  double sum = 0;
  output_gradient_.resize(y.size());
  for (std::size_t j = 0; j < y.size(); ++j) {
    double const off = y[j] - static_cast<double>(target(target_key_, j));
    sum += off * off;
    output_gradient_[j] = rounded(off / count);
  }
  return sum / (2 * count);
}

std::vector<double> ReferenceNetwork::operand_gradient(int layer) const {
  auto const& of = planned(layer);
  auto const rows = size_of(of.rows), outputs = size_of(of.outputs), inner = size_of(of.inputs);
  std::vector<double> dw(of.operand_count());
  for (std::size_t b = 0; b < size_of(of.batch); ++b)
    add_product_over_rows(output_gradient_.data() + b * rows * outputs, inputs_.data() + b * rows * inner,
                          rows, outputs, inner, dw.data() + b * outputs * inner);
  return dw;
}

std::vector<double> ReferenceNetwork::input_gradient(int layer, std::vector<double> const& w) const {
  auto const& of = planned(layer);
  auto const rows = size_of(of.rows), outputs = size_of(of.outputs), inner = size_of(of.inputs);
  std::vector<double> dx(of.input_count());
  for (std::size_t b = 0; b < size_of(of.batch); ++b)
    add_product(output_gradient_.data() + b * rows * outputs, w.data() + b * outputs * inner, rows, outputs,
                inner, dx.data() + b * rows * inner);
  for (auto& value : dx) value = rounded(value);
  return dx;
}

void ReferenceNetwork::add_gradients(PlannedLayer const& layer, std::vector<double> const& dw) {
  for (std::size_t j = 0; j < dw.size(); ++j) {
    auto& sum = gradients_[layer.first + j];
    sum = rounded(sum + dw[j]);
  }
}

/// dy of the layer before, from dx (and dw, where the operand is made of it too).
void ReferenceNetwork::fold(int layer, std::vector<double> const& dw) {
  auto const terms = layer_terms(plan_, layer);
  auto const& before = outputs(layer - 1);
  double const scale = operand_scale(planned(layer));
  output_gradient_.resize(before.size());
  for (std::size_t k = 0; k < before.size(); ++k) {
    double inputs = 0, operand = 0;
    terms.input_gradient.each(k, [&](std::uint64_t j) { inputs += input_gradient_[j]; });
    terms.operand_gradient.each(k, [&](std::uint64_t j) { operand += rounded(dw[j]); });
    output_gradient_[k] = rounded((inputs * terms.input_scale + operand * scale) * softsign_slope(before[k]));
  }
}

void ReferenceNetwork::backward(int layer, std::span<double const> weights) {
  auto const& of = planned(layer);
  take_inputs(layer);
  auto const dw = operand_gradient(layer);
  if (of.weights) add_gradients(of, dw);
  if (layer == 0 && !plan_.first_data_gradient()) return;
  input_gradient_ = input_gradient(layer, operand(layer, weights));
  if (layer > 0) fold(layer, dw);
}

void ReferenceNetwork::embed_gradient() {
  auto const terms = embedding_terms(plan_);
  for (std::size_t k = 0; k < terms.count; ++k) {
    double own = 0;
    terms.each(k, [&](std::uint64_t j) { own += input_gradient_[j]; });
    auto& sum = gradients_[plan_.embedding_first + k];
    sum = rounded(sum + own);
  }
}

Reference::Reference(StepPlan const& plan, StepTeams const& teams, std::uint64_t seed, Rounding rounding)
    : plan_(plan), teams_(teams), rounding_(rounding) {
  auto const weights = first_weights(plan, seed);
  for (std::size_t rank = 0; rank < teams.reducers.size(); ++rank) {
    networks_.emplace_back(plan, seed, rounding);
    auto& batch = batches_.emplace_back(plan.layers.front().input_count());
    for (std::size_t k = 0; k < batch.size(); ++k)
      batch[k] = static_cast<double>(fixed_batch(batch_key(seed, rank), k));
  }
  for (int team = 0; team < teams.sharing; ++team)
    states_.push_back({{weights.begin(), weights.end()},
                       std::vector<double>(weights.size()),
                       std::vector<double>(weights.size())});
}

template <class Of>
void Reference::average(Of&& of) {
  for (int rank = 0; rank < static_cast<int>(networks_.size()); ++rank) {
    auto const team = StepTeams::team_of(teams_.sharers, rank);
    if (team.front() != rank || team.size() == 1) continue;
    auto& first = of(network(rank));
    for (std::size_t k = 0; k < first.size(); ++k) {
      double sum = 0;
      for (int const member : team) sum += of(network(member))[k];
      double mean = sum / static_cast<double>(team.size());
      if (rounding_ == Rounding::as_stored) mean = stored(plan_.options.type, mean);
      for (int const member : team) of(network(member))[k] = mean;
    }
  }
}

void Reference::forward_pass() {
  for (std::size_t rank = 0; rank < networks_.size(); ++rank)
    networks_[rank].embed(weights_of(rank), batches_[rank]);
  for (int layer = 0; layer < static_cast<int>(plan_.layers.size()); ++layer) {
    for (std::size_t rank = 0; rank < networks_.size(); ++rank)
      networks_[rank].forward(layer, weights_of(rank));
    if (plan_.layers[static_cast<std::size_t>(layer)].sum_outputs)
      average([layer](ReferenceNetwork & network) -> auto& { return network.outputs(layer); });
  }
}

void Reference::backward_pass() {
  for (int layer = static_cast<int>(plan_.layers.size()) - 1; layer >= 0; --layer) {
    for (std::size_t rank = 0; rank < networks_.size(); ++rank)
      networks_[rank].backward(layer, weights_of(rank));
    if (layer > 0 && plan_.layers[static_cast<std::size_t>(layer)].sum_gradients)
      average([](ReferenceNetwork & network) -> auto& { return network.output_gradient(); });
  }
  for (auto& network : networks_) {
    if (plan_.first_data_gradient()) network.embed_gradient();
  }
}

double Reference::loss() {
  forward_pass();
  double sum = 0;
  for (auto& network : networks_) sum += network.loss();
  return sum / static_cast<double>(networks_.size());
}

double Reference::gradients() {
  for (auto& network : networks_) network.clear_gradients();
  double const mean = loss();
  backward_pass();
  return mean;
}

void Reference::step() {
  for (auto& network : networks_) network.clear_gradients();
  for (int micro = 0; micro < plan_.options.accumulate; ++micro) {
    loss();
    backward_pass();
  }
  ++steps_;
  for (int team = 0; team < teams_.sharing; ++team) update(team);
}

void Reference::update(int reducers) {
  training::AdamwSettings const s{};
  auto& [weight, m, v] = state(reducers);
  auto const first = std::ranges::find(teams_.reducers, reducers) - teams_.reducers.begin();
  auto const members = StepTeams::team_of(teams_.reducers, static_cast<int>(first));
  double const parts = static_cast<double>(members.size()) * plan_.options.accumulate;
  double const rest1 = 1 - std::pow(s.beta1, steps_), rest2 = 1 - std::pow(s.beta2, steps_);
  for (std::size_t k = 0; k < weight.size(); ++k) {
    double sum = 0;
    for (int const rank : members) sum += network(rank).gradients()[k];
    double const gradient = (rounding_ == Rounding::none ? sum : stored(plan_.options.type, sum)) / parts;
    m[k] = s.beta1 * m[k] + (1 - s.beta1) * gradient;
    v[k] = s.beta2 * v[k] + (1 - s.beta2) * gradient * gradient;
    weight[k] -=
        s.learning_rate * (m[k] / rest1 / (std::sqrt(v[k] / rest2) + s.epsilon) + s.weight_decay * weight[k]);
  }
}

}  // namespace muster::train
