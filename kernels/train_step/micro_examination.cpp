#include "kernels/train_step/micro_examination.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/train_step/step_data.hpp"

namespace muster::train {
namespace {

double softsign(double v) { return v / (1 + std::abs(v)); }
double softsign_slope(double v) { return 1 / ((1 + std::abs(v)) * (1 + std::abs(v))); }

std::string element(std::uint64_t index) { return fmt::format("element {}", index); }

/// One element of each line, another one in each.
template <class Take>
void one_of_each(std::vector<Line> const& lines, std::vector<std::vector<double>> const& values,
                 Take&& take) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto const k = random_word(lines[i].first, i) % lines[i].count;
    take(lines[i].first + k * lines[i].step, values[i][k]);
  }
}

}  // namespace

MicroExamination::MicroExamination(StepPlan const& plan, StepMachine& machine, StepGroups& groups,
                                   std::uint64_t seed)
    : plan_(plan), machine_(machine), groups_(groups), seed_(seed), limits_(plan.options.type) {}

std::vector<Line> MicroExamination::Products::lefts() const {
  std::vector<Line> lines;
  for (auto const& one : elements) lines.push_back(one.left);
  return lines;
}

std::vector<Line> MicroExamination::Products::rights() const {
  std::vector<Line> lines;
  for (auto const& one : elements) lines.push_back(one.right);
  return lines;
}

std::uint64_t MicroExamination::key(What what, int layer) const {
  return stream_key(stream_key(seed_, 0x5A00000000ULL + static_cast<std::uint64_t>(layer)),
                    static_cast<std::uint64_t>(what));
}

MicroExamination::Indices MicroExamination::sampled(What what, int layer, std::uint64_t count,
                                                    std::uint64_t numbers) const {
  return sampled_indices(key(what, layer), count, sample_count(numbers));
}

std::string MicroExamination::of_layer(char const* what, int layer) const {
  return fmt::format("{} of {}", what, layer_name(plan_, layer));
}

void MicroExamination::run(bool add) {
  run_forward();
  loss();
  for (int layer = static_cast<int>(plan_.layers.size()) - 1; layer >= 0; --layer) {
    backward(layer, add);
    if (layer > 0 && planned(layer).sum_gradients)
      mean_over_sharers(layer, Array::output_gradient, &StepMachine::sum_gradients, layer - 1,
                        "gradient of the outputs");
  }
  if (plan_.first_data_gradient()) embed_gradient(add);
}

void MicroExamination::run_forward() {
  take_batch();
  machine_.embed();
  for (int layer = 0; layer < static_cast<int>(plan_.layers.size()); ++layer) {
    forward(layer);
    if (planned(layer).sum_outputs)
      mean_over_sharers(layer, Array::outputs, &StepMachine::sum_outputs, layer, "outputs");
  }
}

void MicroExamination::take_batch() {
  machine_.take_batch();
  auto const places = sampled(What::batch, 0, planned(0).input_count(), 1);
  auto const got = read(Array::batch, 0, places);
  auto const rank = static_cast<std::uint64_t>(groups_.rank());
  WorstElement worst;
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto const expected = static_cast<double>(fixed_batch(batch_key(seed_, rank), places[i]));
    worst.see(got[i], expected, limits_.stored(expected), [&] { return element(places[i]); });
  }
  worst.report(findings_, fmt::format("the fixed batch of rank {}", rank));
}

MicroExamination::Products MicroExamination::chosen(What what, int layer, std::uint64_t count,
                                                    std::uint64_t numbers,
                                                    ProductElement (*element)(PlannedLayer const&,
                                                                              std::uint64_t)) const {
  Products products;
  for (auto const index : sampled(what, layer, count, numbers))
    products.elements.push_back(element(planned(layer), index));
  return products;
}

void MicroExamination::forward(int layer) {
  machine_.forward(layer);
  auto const& of = planned(layer);
  auto products = chosen(What::outputs, layer, of.output_count(), 2 * static_cast<std::uint64_t>(of.inputs),
                         output_element);
  products.left = read_lines(machine_, Array::inputs, layer, products.lefts());
  products.right = read_lines(machine_, Array::operand, layer, products.rights());
  see_inputs(layer, products.lefts(), products.left);
  see_operand(layer, products.rights(), products.right);
  see_products(Array::outputs, layer, products, "outputs");
}

void MicroExamination::see_products(Array array, int layer, Products const& products,
                                    std::string const& what) {
  Indices places;
  for (auto const& one : products.elements) places.push_back(one.index);
  auto const got = read(array, layer, places);
  WorstElement worst;
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto const exact = products.dot_of(i);
    worst.see(got[i], exact.value, limits_.product(exact), [&] { return element(places[i]); });
  }
  worst.report(findings_, of_layer(what.c_str(), layer));
}

std::vector<MicroExamination::Expected> MicroExamination::expected_first_inputs(Indices const& places) {
  std::vector<Expected> expected;
  for (auto const value : read(Array::batch, 0, places)) expected.push_back({value, limits_.formula(value)});
  if (plan_.embedding_count == 0) return expected;
  Indices embedding;
  for (auto const place : places) embedding.push_back(plan_.embedding_first + place % plan_.embedding_count);
  auto const added = read(Array::weight, 0, embedding);
  for (std::size_t i = 0; i < added.size(); ++i) {
    double const value = expected[i].value + added[i];
    // It may be added as it is, or rounded to T before.
    expected[i] = {value, limits_.formula(value) + 2 * embedding_scale * limits_.unit};
  }
  return expected;
}

std::vector<MicroExamination::Expected> MicroExamination::expected_inputs(int layer, Indices const& places) {
  if (layer == 0) return expected_first_inputs(places);
  auto const terms = layer_terms(plan_, layer);
  std::vector<Expected> expected;
  for (auto const& sum : folded(Array::outputs, layer - 1, places, terms.inputs, terms.input_scale, softsign))
    expected.push_back({sum.value, sum.terms == 1
                                       ? limits_.formula(sum.value)
                                       : limits_.sum(sum.value, std::sqrt(sum.squares), sum.terms)});
  return expected;
}

void MicroExamination::see_one_of_each(std::vector<Line> const& lines, std::vector<Values> const& values,
                                       Formula const& formula, std::string const& what) {
  Indices places;
  Values got;
  one_of_each(lines, values, [&](std::uint64_t place, double value) {
    places.push_back(place);
    got.push_back(value);
  });
  auto const expected = formula(places);
  WorstElement worst;
  for (std::size_t i = 0; i < places.size(); ++i)
    worst.see(got[i], expected[i].value, expected[i].limit, [&] { return element(places[i]); });
  worst.report(findings_, what);
}

void MicroExamination::see_inputs(int layer, std::vector<Line> const& lines, std::vector<Values> const& x) {
  see_one_of_each(
      lines, x, [&](Indices const& places) { return expected_inputs(layer, places); },
      of_layer("inputs", layer));
}

std::vector<MicroExamination::Expected> MicroExamination::expected_weights(int layer, Indices const& places) {
  Indices masters;
  for (auto const place : places) masters.push_back(planned(layer).first + place);
  std::vector<Expected> expected;
  for (auto const value : read(Array::weight, 0, masters))
    expected.push_back({value, limits_.formula(value)});
  return expected;
}

std::vector<MicroExamination::Expected> MicroExamination::expected_operand(int layer, Indices const& places) {
  double const scale = operand_scale(planned(layer));
  // An activation and a sign may leave little of each other, and of their roundings all.
  double const added = limits_.formula(scale) - limits_.stored(scale);
  auto const sums =
      folded(Array::outputs, layer - 1, places, layer_terms(plan_, layer).operand, scale, softsign);
  std::vector<Expected> expected;
  for (std::size_t i = 0; i < places.size(); ++i) {
    double const value = sums[i].value + static_cast<double>(operand_sign(places[i])) * scale;
    expected.push_back({value, limits_.formula(value) + added});
  }
  return expected;
}

void MicroExamination::see_operand(int layer, std::vector<Line> const& lines, std::vector<Values> const& w) {
  bool const weights = planned(layer).weights;
  see_one_of_each(
      lines, w,
      [&](Indices const& places) {
        return weights ? expected_weights(layer, places) : expected_operand(layer, places);
      },
      of_layer(weights ? "weights as multiplied" : "second operand", layer));
}

void MicroExamination::mean_over_sharers(int layer, Array array, void (StepMachine::*sum)(int), int summed,
                                         std::string const& what) {
  auto const places = sampled(What::mean, layer, planned(summed).output_count(), 1);
  auto const sums = groups_.over_sharers(read(array, summed, places));
  (machine_.*sum)(layer);
  auto const got = read(array, summed, places);
  int const sharing = groups_.teams().sharing;
  WorstElement worst;
  for (std::size_t i = 0; i < places.size(); ++i) {
    double const limit = limits_.over_ranks(sums.sum[i], sums.norm[i], sharing) / sharing;
    worst.see(got[i], sums.sum[i] / sharing, limit, [&] { return element(places[i]); });
  }
  worst.report(findings_, of_layer((what + " (mean over the ranks that share the layer)").c_str(), summed));
}

void MicroExamination::loss() {
  machine_.loss();
  int const last = static_cast<int>(plan_.layers.size()) - 1;
  auto const count = planned(last).output_count();
  auto const places = sampled(What::loss, last, count, 1);
  auto const y = read(Array::outputs, last, places), got = read(Array::output_gradient, last, places);
  WorstElement worst;
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto const t = static_cast<double>(target(target_key(seed_), places[i]));
    double const expected = (y[i] - t) / static_cast<double>(count);
    double const cancelled = (std::abs(y[i]) + std::abs(t)) / static_cast<double>(count);
    worst.see(got[i], expected, limits_.formula(expected) + 2 * StepLimits::single * cancelled,
              [&] { return element(places[i]); });
  }
  worst.report(findings_, "the loss's gradient");
}

/// With weights, samples of their gradients; without, all that the places in `before` are made of.
MicroExamination::Products MicroExamination::chosen_gradients(int layer, Indices const& before) const {
  auto const& of = planned(layer);
  if (of.weights)
    return chosen(What::operand, layer, of.operand_count(), 2 * static_cast<std::uint64_t>(of.rows),
                  operand_gradient_element);
  Products products;
  auto const terms = layer_terms(plan_, layer).operand_gradient;
  for (auto const place : before)
    terms.each(place, [&](std::uint64_t j) { products.elements.push_back(operand_gradient_element(of, j)); });
  return products;
}

void MicroExamination::backward(int layer, bool add) {
  auto const& of = planned(layer);
  std::uint64_t const numbers = 2 * static_cast<std::uint64_t>(of.weights ? 1 : of.rows);
  Indices before;
  if (layer > 0) {
    auto const terms = layer_terms(plan_, layer);
    before = sampled(What::before, layer, terms.input_gradient.count,
                     numbers * (terms.input_gradient.most() + terms.operand_gradient.most()));
  }
  auto operand = chosen_gradients(layer, before);
  auto inputs = has_input_gradient(layer)
                    ? chosen(What::inputs, layer, of.input_count(),
                             2 * static_cast<std::uint64_t>(of.outputs), input_gradient_element)
                    : Products{};
  operand.left = read_lines(machine_, Array::output_gradient, layer, operand.lefts());
  inputs.left = read_lines(machine_, Array::output_gradient, layer, inputs.lefts());
  Indices gradients;
  for (auto const& one : operand.elements) gradients.push_back(of.first + one.index);
  auto const old = add && of.weights ? read(Array::gradient, 0, gradients) : Values(gradients.size());

  machine_.backward(layer, add);

  operand.right = read_lines(machine_, Array::inputs, layer, operand.rights());
  see_inputs(layer, operand.rights(), operand.right);
  if (of.weights) see_gradients(layer, operand, old);
  if (!has_input_gradient(layer)) return;
  inputs.right = read_lines(machine_, Array::operand, layer, inputs.rights());
  see_operand(layer, inputs.rights(), inputs.right);
  see_products(Array::input_gradient, layer, inputs, "gradient of the inputs");
  if (layer > 0) see_before(layer, before, operand);
}

void MicroExamination::see_gradients(int layer, Products const& products, Values const& old) {
  Indices places;
  for (auto const& one : products.elements) places.push_back(planned(layer).first + one.index);
  auto const got = read(Array::gradient, 0, places);
  WorstElement worst;
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto const exact = products.dot_of(i);
    double const expected = old[i] + exact.value;
    double const limit = limits_.product(exact) + (old[i] == 0 ? 0 : limits_.stored(expected));
    worst.see(got[i], expected, limit, [&] { return element(products.elements[i].index); });
  }
  worst.report(findings_, of_layer("gradient of the weights", layer));
}

void MicroExamination::see_before(int layer, Indices const& before, Products const& operand) {
  auto const terms = layer_terms(plan_, layer);
  double const scale = operand_scale(planned(layer));
  auto const y = read(Array::outputs, layer - 1, before),
             got = read(Array::output_gradient, layer - 1, before);
  auto const sums = folded(Array::input_gradient, layer, before, terms.input_gradient, terms.input_scale);
  WorstElement worst;
  std::size_t next = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    auto sum = sums[i];
    for (auto n = terms.operand_gradient.number(before[i]); n > 0; --n)
      add_product(sum, operand.dot_of(next++), scale);
    double const slope = softsign_slope(y[i]), expected = slope * sum.value;
    double const limit =
        limits_.sum(expected, slope * std::sqrt(sum.squares), sum.terms) + slope * sum.uncertain;
    worst.see(got[i], expected, limit, [&] { return element(before[i]); });
  }
  worst.report(findings_, of_layer("gradient of the outputs", layer - 1));
}

/// What a machine has rounded to T before it was added, and what could not be read.
void MicroExamination::add_product(FoldedSum& sum, Dot const& exact, double scale) const {
  sum.value += exact.value * scale;
  sum.squares += exact.value * exact.value * scale * scale;
  sum.uncertain += limits_.product(exact) * scale;
  ++sum.terms;
}

std::vector<MicroExamination::FoldedSum> MicroExamination::folded(Array array, int layer,
                                                                  Indices const& places, Terms const& terms,
                                                                  double scale, double (*of)(double)) {
  Indices from;
  for (auto const place : places) terms.each(place, [&](std::uint64_t at) { from.push_back(at); });
  auto const values = read(array, layer, from);
  std::vector<FoldedSum> sums;
  auto value = values.begin();
  for (auto const place : places) {
    auto& sum = sums.emplace_back(FoldedSum{.terms = terms.number(place)});
    for (std::uint64_t n = 0; n < sum.terms; ++n, ++value) {
      double const term = scale * (of != nullptr ? of(*value) : *value);
      sum.value += term;
      sum.squares += term * term;
    }
  }
  return sums;
}

void MicroExamination::embed_gradient(bool add) {
  auto const terms = embedding_terms(plan_);
  auto const places = sampled(What::embedding, 0, terms.count, terms.most());
  Indices gradients;
  for (auto const place : places) gradients.push_back(plan_.embedding_first + place);
  auto const old = add ? read(Array::gradient, 0, gradients) : Values(places.size());
  machine_.embed_gradient(add);
  auto const got = read(Array::gradient, 0, gradients);
  auto const sums = folded(Array::input_gradient, 0, places, terms);
  WorstElement worst;
  for (std::size_t i = 0; i < places.size(); ++i) {
    double const expected = old[i] + sums[i].value;
    double const twice = add ? limits_.stored(expected) + limits_.stored(sums[i].value) : 0;
    worst.see(got[i], expected, limits_.sum(expected, std::sqrt(sums[i].squares), sums[i].terms) + twice,
              [&] { return element(places[i]); });
  }
  worst.report(findings_, "the embedding's gradient");
}

}  // namespace muster::train
