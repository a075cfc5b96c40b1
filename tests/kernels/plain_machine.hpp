// A training step's machine in plain float loops, which does its work at once; and one that passes all on to
// another, for planting faults.
#pragma once
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/group.hpp"
#include "kernels/train_step/layer_terms.hpp"
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/reference.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_agreement.hpp"
#include "kernels/train_step/step_data.hpp"
#include "kernels/training/adamw.hpp"

namespace muster::train::test {

/// machine.hpp's formulas in float. Arrays of type T hold numbers that T can.
class PlainMachine : public StepMachine {
 public:
  PlainMachine(StepPlan const& plan, Group& group, std::uint64_t seed)
      : plan_(plan),
        groups_(plan.tensor_parallel, group),
        seed_(seed),
        marks_(StepMarks(plan).count()),
        outputs_(plan.layers.size()) {
    for (std::size_t layer = 0; layer < outputs_.size(); ++layer)
      outputs_[layer].resize(plan.layers[layer].output_count());
    restart();
  }

  void open_step() override {
    times_.emplace_back(static_cast<std::size_t>(marks_), -1.0);
    if (times_.size() > kept_steps) times_.pop_front();
  }
  void mark(Lane, int mark) override {
    std::chrono::duration<double> const now = std::chrono::steady_clock::now().time_since_epoch();
    times_.back()[static_cast<std::size_t>(mark)] = now.count();
  }
  void wait(Lane, int) override {}

  void take_batch() override {
    auto const count = planned(0).input_count();
    auto const own = batch_key(seed_, static_cast<std::uint64_t>(batch_rank()));
    batch_.resize(count);
    for (std::uint64_t k = 0; k < count; ++k)
      batch_[k] = fixed_ ? fixed_batch(own, k) : training::uniform(mix64(own), batches_ * count + k);
    if (!fixed_) ++batches_;
  }

  void embed() override {
    first_inputs_.resize(planned(0).input_count());
    for (std::size_t k = 0; k < first_inputs_.size(); ++k) {
      float const added =
          plan_.embedding_count > 0 ? weight_[plan_.embedding_first + k % plan_.embedding_count] : 0.0F;
      first_inputs_[k] = rounded(batch_[k] + added);
    }
    inputs_ = first_inputs_;
  }

  void forward(int layer) override {
    auto const& of = planned(layer);
    take_inputs(layer);
    take_operand(layer);
    auto& y = outputs_[static_cast<std::size_t>(layer)];
    each_element(of.batch, of.rows, of.outputs,
                 [&](std::size_t b, std::size_t r, std::size_t o, std::size_t at) {
                   y[at] = rounded(sum(size(of.inputs), [&](std::size_t k) {
                     return inputs_[(b * size(of.rows) + r) * size(of.inputs) + k] *
                            operand_[(b * size(of.outputs) + o) * size(of.inputs) + k];
                   }));
                 });
  }

  void sum_outputs(int layer) override { average(outputs_[static_cast<std::size_t>(layer)]); }
  void sum_gradients(int) override { average(output_gradient_); }

  void loss() override {
    auto const& y = outputs_.back();
    output_gradient_.resize(y.size());
    for (std::size_t j = 0; j < y.size(); ++j)
      output_gradient_[j] = rounded((y[j] - target(target_key(seed_), j)) / static_cast<float>(y.size()));
  }

  void backward(int layer, bool add) override {
    auto const& of = planned(layer);
    take_inputs(layer);
    take_operand(layer);
    auto const dw = operand_gradient(of);
    if (of.weights) write_gradients(layer, dw, add);
    if (layer == 0 && !plan_.first_data_gradient()) return;
    take_input_gradient(of);
    if (layer > 0) fold(layer, dw);
  }

  void embed_gradient(bool add) override {
    auto const terms = embedding_terms(plan_);
    for (std::uint64_t k = 0; k < terms.count; ++k) {
      float sum = 0;
      terms.each(k, [&](std::uint64_t j) { sum += input_gradient_[j]; });
      write_gradient(plan_.embedding_first + k, sum, add);
    }
  }

  void next_update() override { ++updates_; }
  std::uint64_t updates() override { return updates_; }

  void update(Bucket const& bucket) override {
    auto const step = training::adamw_step_of({}, updates_);
    int const parts = ranks() * plan_.options.accumulate;
    for (auto k = bucket.begin; k < bucket.end; ++k) {
      auto const next =
          training::adamw_update({weight_[k], m_[k], v_[k]}, mean_gradient(gradient_[k], parts), step);
      weight_[k] = next.weight, m_[k] = next.m, v_[k] = next.v;
      copy_[k] = rounded(next.weight);
    }
  }

  void copy_state(std::uint64_t begin, std::uint64_t end, std::byte* to) override {
    std::vector<float> state(weight_);
    state.insert(state.end(), m_.begin(), m_.end());
    state.insert(state.end(), v_.begin(), v_.end());
    std::memcpy(to, reinterpret_cast<std::byte const*>(state.data()) + begin, end - begin);
  }

  void reduce(Bucket const& bucket) override {
    std::vector<float> sums(bucket.count());
    groups_.reducers().run({.operation = Operation::all_reduce,
                            .type = ElementType::float32,
                            .send = gradient_.data() + bucket.begin,
                            .recv = sums.data(),
                            .count = bucket.count()});
    for (std::size_t k = 0; k < sums.size(); ++k) gradient_[bucket.begin + k] = rounded(sums[k]);
  }

  void settle() override {}
  void await_copy() override {}
  std::shared_ptr<std::byte> state_memory(std::uint64_t bytes) override {
    return {new std::byte[bytes], std::default_delete<std::byte[]>()};
  }

  bool take_times(std::span<double> seconds) override {
    if (times_.empty()) return false;
    std::ranges::copy(times_.front(), seconds.begin());
    times_.pop_front();
    return true;
  }

  int ranks() const override { return const_cast<StepGroups&>(groups_).reducers().size(); }
  int rank() const override { return const_cast<StepGroups&>(groups_).reducers().rank(); }

  void restart() override {
    weight_ = first_weights(plan_, seed_);
    m_.assign(weight_.size(), 0);
    v_ = m_;
    gradient_.resize(weight_.size());
    copy_ = weight_;
    for (auto& value : copy_) value = rounded(value);
    updates_ = 0;
  }

  std::vector<double> read(Array array, int layer, std::span<std::uint64_t const> indices) override {
    auto const& of = planned(layer);
    bool const own = array == Array::operand && of.weights;
    auto const& from = own ? copy_ : stored_in(array, layer);
    std::vector<double> values;
    for (auto const index : indices)
      values.push_back(static_cast<double>(from.at(array == Array::batch ? index % from.size()
                                                   : own                 ? of.first + index
                                                                         : index)));
    return values;
  }

  void use_fixed_batch(bool fixed) override { fixed_ = fixed; }

  std::uint64_t weights_hash() override {
    std::uint64_t hash = 0;
    for (float const value : weight_) hash = mix64(hash + bits_of(value));
    return hash;
  }
  std::vector<std::pair<std::string, std::string>> facts() override { return {}; }

 protected:
  // Where faults can be planted.
  virtual int batch_rank() const { return groups_.rank(); }
  virtual void write_gradients(int layer, std::vector<float> const& dw, bool add) {
    for (std::size_t j = 0; j < dw.size(); ++j) write_gradient(planned(layer).first + j, dw[j], add);
  }
  virtual float activation(float y) { return phi(y); }
  virtual float rounded(float value) const {
    return plan_.options.type == Type::bf16 ? from_bf16(to_bf16(value)) : value;
  }
  virtual void fold(int layer, std::vector<float> const& dw) {
    auto const& before = outputs_[static_cast<std::size_t>(layer - 1)];
    auto const terms = layer_terms(plan_, layer);
    auto const input_scale = static_cast<float>(terms.input_scale),
               scale = static_cast<float>(operand_scale(planned(layer)));
    output_gradient_.assign(before.size(), 0);
    for (std::size_t k = 0; k < before.size(); ++k) {
      float inputs = 0, operand = 0;
      terms.input_gradient.each(k, [&](std::uint64_t j) { inputs += input_gradient_[j]; });
      terms.operand_gradient.each(k, [&](std::uint64_t j) { operand += rounded(dw[j]); });
      output_gradient_[k] = rounded((inputs * input_scale + operand * scale) * phi_slope(before[k]));
    }
  }

  PlannedLayer const& planned(int layer) const { return plan_.layers[static_cast<std::size_t>(layer)]; }
  void write_gradient(std::uint64_t index, float value, bool add) {
    gradient_[index] = rounded(add ? gradient_[index] + value : value);
  }
  static std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

  StepPlan plan_;
  StepGroups groups_;
  std::uint64_t seed_;
  int marks_;
  bool fixed_ = false;
  std::uint64_t batches_ = 0, updates_ = 0;
  std::vector<float> batch_, first_inputs_, inputs_, operand_, output_gradient_, input_gradient_;
  std::vector<std::vector<float>> outputs_;
  std::vector<float> weight_, m_, v_, gradient_, copy_;  ///< copy: weights as multiplied
  std::deque<std::vector<double>> times_;

 private:
  template <class Term>
  static float sum(std::size_t count, Term&& term) {
    float total = 0;
    for (std::size_t k = 0; k < count; ++k) total += term(k);
    return total;
  }

  template <class Body>
  static void each_element(std::int64_t batch, std::int64_t lines, std::int64_t columns, Body&& body) {
    std::size_t at = 0;
    for (std::size_t b = 0; b < size(batch); ++b) {
      for (std::size_t i = 0; i < size(lines); ++i) {
        for (std::size_t j = 0; j < size(columns); ++j) body(b, i, j, at++);
      }
    }
  }

  void take_inputs(int layer) {
    if (layer == 0) {
      inputs_ = first_inputs_;
      return;
    }
    auto const& before = outputs_[static_cast<std::size_t>(layer - 1)];
    auto const terms = layer_terms(plan_, layer);
    inputs_.resize(planned(layer).input_count());
    for (std::size_t j = 0; j < inputs_.size(); ++j) {
      float sum = 0;
      terms.inputs.each(j, [&](std::uint64_t k) { sum += activation(before[k]); });
      inputs_[j] = rounded(sum * static_cast<float>(terms.input_scale));
    }
  }

  void take_operand(int layer) {
    auto const& of = planned(layer);
    operand_.resize(of.operand_count());
    if (of.weights) {
      std::copy_n(copy_.begin() + static_cast<std::ptrdiff_t>(of.first), operand_.size(), operand_.begin());
      return;
    }
    auto const& before = outputs_[static_cast<std::size_t>(layer - 1)];
    auto const terms = layer_terms(plan_, layer).operand;
    auto const scale = static_cast<float>(operand_scale(of));
    for (std::size_t j = 0; j < operand_.size(); ++j)
      operand_[j] = rounded((activation(before[terms.at(j)]) + operand_sign(j)) * scale);
  }

  std::vector<float> operand_gradient(PlannedLayer const& of) const {
    std::vector<float> dw(of.operand_count());
    each_element(of.batch, of.outputs, of.inputs,
                 [&](std::size_t b, std::size_t o, std::size_t c, std::size_t at) {
                   dw[at] = sum(size(of.rows), [&](std::size_t r) {
                     return output_gradient_[(b * size(of.rows) + r) * size(of.outputs) + o] *
                            inputs_[(b * size(of.rows) + r) * size(of.inputs) + c];
                   });
                 });
    return dw;
  }

  void take_input_gradient(PlannedLayer const& of) {
    input_gradient_.resize(of.input_count());
    each_element(of.batch, of.rows, of.inputs,
                 [&](std::size_t b, std::size_t r, std::size_t c, std::size_t at) {
                   input_gradient_[at] = rounded(sum(size(of.outputs), [&](std::size_t o) {
                     return output_gradient_[(b * size(of.rows) + r) * size(of.outputs) + o] *
                            operand_[(b * size(of.outputs) + o) * size(of.inputs) + c];
                   }));
                 });
  }

  void average(std::vector<float>& values) {
    std::vector<double> const own(values.begin(), values.end());
    auto const sums = groups_.over_sharers(own).sum;
    for (std::size_t k = 0; k < values.size(); ++k)
      values[k] = rounded(static_cast<float>(sums[k] / groups_.teams().sharing));
  }

  std::vector<float> const& stored_in(Array array, int layer) const {
    switch (array) {
      case Array::batch:
        return batch_;
      case Array::inputs:
        return inputs_;
      case Array::operand:
        return operand_;
      case Array::outputs:
        return outputs_[static_cast<std::size_t>(layer)];
      case Array::output_gradient:
        return output_gradient_;
      case Array::input_gradient:
        return input_gradient_;
      case Array::gradient:
        return gradient_;
      case Array::weight:
        return weight_;
      case Array::first_moment:
        return m_;
      case Array::second_moment:
        return v_;
    }
    throw std::logic_error("no such array");
  }
};

}  // namespace muster::train::test
