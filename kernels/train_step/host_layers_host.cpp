#include "kernels/train_step/host_layers_host.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/gemm/gemm_choice_host.hpp"
#include "kernels/train_step/step_data.hpp"
#include "kernels/train_step/step_loops_host.hpp"

namespace muster::train {
namespace {

host::Buffer floats(std::uint64_t count) { return host::Buffer(count * sizeof(float)); }

GemmProblem problem_of(std::int64_t m, std::int64_t n, std::int64_t k, GemmLayout layout,
                       std::int64_t batch) {
  return {.m = m, .n = n, .k = k, .layout = layout, .batch = batch};
}

}  // namespace

HostParameters::HostParameters(StepPlan const& plan) : weight(floats(plan.parameters)) {
  if (plan.options.inference) return;
  for (auto* each : {&gradient, &first_moment, &second_moment}) *each = floats(plan.parameters);
}

HostLayers::HostLayers(StepPlan const& plan, Device& device, std::uint64_t seed)
    : plan_(plan),
      team_(device.team()),
      seed_(seed),
      cpus_(host::cpus_of(team_)),
      parameters_(plan),
      inputs_(floats(largest_layer(plan).inputs)),
      operand_(floats(largest_layer(plan).operand)) {
  if (!plan.options.inference) {
    auto const most = largest_layer(plan);
    input_gradient_ = floats(most.inputs);
    operand_gradient_ = floats(most.operand);
    for (auto& each : output_gradients_) each = floats(most.outputs);
  }
  make_outputs();
  for (int number = 0; number <= last(); ++number) layers_.push_back(make_layer(number));
  restart();
}

/// Memory is touched first, page by page, by the thread that will work on about that part.
template <class Job>
void HostLayers::on_all(std::uint64_t count, Job const& job) {
  constexpr std::uint64_t page = 4096 / sizeof(float);
  struct Call {
    Job const& job;
    std::uint64_t count;
    int parts;
  } const call{job, count, team_.size()};
  team_.run([&call](int index) { call.job(share_of(call.count, index, call.parts, page)); });
}

void HostLayers::make_outputs() {
  if (plan_.options.inference) {
    for (int i = 0; i < 2; ++i) outputs_.push_back(floats(largest_layer(plan_).outputs));
    return;
  }
  for (auto const& layer : plan_.layers) outputs_.push_back(floats(layer.output_count()));
}

HostLayers::Layer HostLayers::make_layer(int number) {
  Layer layer;
  make_products(number, layer);
  return layer;
}

HostLayers::Product HostLayers::product(host::GemmOperands const& operands, GemmProblem problem) const {
  return host::openblas_gemm(problem, operands, cpus_);
}

/// y = x w^T; dw = dy^T x; dx = dy w.
void HostLayers::make_products(int number, Layer& layer) {
  auto const& p = planned(number);
  auto const* const w = operand(number);
  auto const forward = problem_of(p.rows, p.outputs, p.inputs, GemmLayout::nt, p.batch);
  layer.forward = product(host::dense_operands(forward, inputs_.data(), w, outputs(number)), forward);
  if (plan_.options.inference) return;
  auto* const dy = output_gradient(number);
  auto const weights = problem_of(p.outputs, p.inputs, p.rows, GemmLayout::tn, p.batch);
  auto operands = host::dense_operands(weights, dy, inputs_.data(), operand_gradient(number));
  layer.operand_gradient = product(operands, weights);
  operands.add = true;
  if (p.weights) layer.added_operand_gradient = product(operands, weights);
  auto const data = problem_of(p.rows, p.inputs, p.outputs, GemmLayout::nn, p.batch);
  layer.input_gradient = product(host::dense_operands(data, dy, w, input_gradient_.data()), data);
}

float const* HostLayers::operand(int layer) const {
  auto const& p = planned(layer);
  return p.weights ? parameters_.weight.as<float>() + p.first : operand_.as<float>();
}

float* HostLayers::operand_gradient(int layer) {
  auto const& p = planned(layer);
  return p.weights ? parameters_.gradient.as<float>() + p.first : operand_gradient_.as<float>();
}

std::string HostLayers::library() const { return layers_.front().forward->name(); }

void HostLayers::fill_weights(std::uint64_t first, std::uint64_t count, std::uint64_t key, float scale) {
  float* const weight = parameters_.weight.as<float>() + first;
  on_all(count, [&](Share part) {
    for (std::uint64_t i = part.begin; i < part.end; ++i) weight[i] = first_weight(key, i, scale);
  });
}

void HostLayers::restart() {
  auto& p = parameters_;
  for (auto* each : {&p.weight, &p.gradient, &p.first_moment, &p.second_moment}) {
    if (each->bytes() == 0) continue;
    on_all(plan_.parameters, [&](Share part) {
      std::memset(each->as<float>() + part.begin, 0, (part.end - part.begin) * sizeof(float));
    });
  }
  for (int number = 0; number <= last(); ++number) {
    auto const& layer = planned(number);
    if (layer.weights)
      fill_weights(layer.first, layer.parameter_count(),
                   weight_key(seed_, static_cast<std::uint64_t>(number)), first_scale(layer.inputs));
  }
  fill_weights(plan_.embedding_first, plan_.embedding_count, weight_key(seed_, embedding_layer),
               embedding_scale);
}

void HostLayers::embed(BatchView const& batch) {
  batch_ = batch;
  embed_again();
}

void HostLayers::embed_again() {
  Embedding const job{inputs_.as<float>(), planned(0).input_count(), batch_,
                      parameters_.weight.as<float>() + plan_.embedding_first, plan_.embedding_count};
  on_all(job.count, [&](Share part) { train::embed(job, part); });
  inputs_of_ = 0;
}

void HostLayers::make_inputs(int layer) {
  if (inputs_of_ == layer) return;
  if (layer == 0) return embed_again();
  auto const terms = layer_terms(plan_, layer);
  Gather const job{.to = inputs_.as<float>(),
                   .from = outputs(layer - 1),
                   .terms = terms.inputs,
                   .scale = static_cast<float>(terms.input_scale)};
  on_all(job.terms.count, [&](Share part) { gather(job, part); });
  inputs_of_ = layer;
}

void HostLayers::make_operand(int layer) {
  auto const& p = planned(layer);
  if (p.weights) return;
  Gather const job{.to = operand_.as<float>(),
                   .from = outputs(layer - 1),
                   .terms = layer_terms(plan_, layer).operand,
                   .scale = static_cast<float>(operand_scale(p)),
                   .signs = true};
  on_all(job.terms.count, [&](Share part) { gather(job, part); });
}

void HostLayers::forward(int layer) {
  if (layer > 0) inputs_of_ = -1;  // the layer before has new outputs
  make_inputs(layer);
  make_operand(layer);
  layers_[static_cast<std::size_t>(layer)].forward->multiply();
}

void HostLayers::loss() {
  auto const count = planned(last()).output_count();
  Loss const job{output_gradient(last()), outputs(last()), target_key(seed_), count};
  on_all(count, [&](Share part) { train::loss(job, part); });
}

void HostLayers::backward(int layer, bool add) {
  auto const& p = planned(layer);
  auto& products = layers_[static_cast<std::size_t>(layer)];
  make_inputs(layer);
  make_operand(layer);
  (add && p.weights ? products.added_operand_gradient : products.operand_gradient)->multiply();
  if (layer == 0 && !plan_.first_data_gradient()) return;
  products.input_gradient->multiply();
  if (layer == 0) return;
  auto const terms = layer_terms(plan_, layer);
  Adjoint job{.to = output_gradient(layer - 1),
              .outputs = outputs(layer - 1),
              .inputs = {input_gradient(), terms.input_gradient, static_cast<float>(terms.input_scale)}};
  if (!p.weights)
    job.operand = {operand_gradient(layer), terms.operand_gradient, static_cast<float>(operand_scale(p))};
  on_all(planned(layer - 1).output_count(), [&](Share part) { adjoint(job, part); });
}

void HostLayers::embed_gradient(bool add) {
  Adjoint const job{.to = parameters_.gradient.as<float>() + plan_.embedding_first,
                    .inputs = {input_gradient(), embedding_terms(plan_)},
                    .add = add};
  on_all(plan_.embedding_count, [&](Share part) { adjoint(job, part); });
}

void HostLayers::update(Bucket const& bucket, training::AdamwStep const& step, int parts) {
  auto& p = parameters_;
  Update const job{p.weight.as<float>() + bucket.begin,
                   p.first_moment.as<float>() + bucket.begin,
                   p.second_moment.as<float>() + bucket.begin,
                   p.gradient.as<float>() + bucket.begin,
                   parts,
                   step};
  on_all(bucket.count(), [&](Share part) { train::update(job, part); });
}

void HostLayers::copy_state(std::uint64_t begin, std::uint64_t end, std::byte* to) {
  std::uint64_t const bytes = plan_.parameters * sizeof(float);
  std::uint64_t at = 0;
  for (auto* array : {&parameters_.weight, &parameters_.first_moment, &parameters_.second_moment}) {
    std::uint64_t const from = std::max(begin, at), until = std::min(end, at + bytes);
    if (from < until) {
      on_all(until - from, [&](Share part) {
        std::memcpy(to + (from - begin) + part.begin, array->data() + (from - at) + part.begin,
                    part.end - part.begin);
      });
    }
    at += bytes;
  }
}

}  // namespace muster::train
