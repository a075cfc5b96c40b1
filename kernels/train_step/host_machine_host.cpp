#include "kernels/train_step/host_machine_host.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::train {
namespace {

StepPlan fp32_only(StepPlan plan) {
  if (plan.options.type != Type::fp32)
    throw Unsupported("the host's training step has no bf16 (OpenBLAS multiplies fp32) use type = fp32");
  return plan;
}

/// More than one step enqueues on either lane.
std::size_t most_enqueued(StepPlan const& plan) {
  auto const micros = static_cast<std::size_t>(plan.options.accumulate);
  return static_cast<std::size_t>(StepMarks(plan).count()) + micros * (2 * plan.layers.size() + 3) +
         3 * plan.buckets.size();
}

}  // namespace

HostMachine::HostMachine(StepPlan plan, StepInput& input, Context& context)
    : plan_(fp32_only(std::move(plan))),
      input_(input),
      context_(context),
      members_(step_members(plan_.tensor_parallel, context.group)),
      layers_(plan_, context.device, context.seed),
      kept_fixed_(plan_, context),
      times_(StepMarks(plan_).count()),
      gradient_parts_(ranks() * plan_.options.accumulate),
      last_mark_(StepMarks(plan_).end()),
      lanes_(most_enqueued(plan_)) {
  if (!plan_.options.inference) make_bucket_sums();
  make_layer_sums();
}

std::unique_ptr<HostMachine::Sum> HostMachine::make_sum(Group& group, Reduction reduction, float* values,
                                                        std::uint64_t count) {
  auto sum = std::make_unique<Sum>();
  sum->call = {.type = ElementType::float32,
               .reduction = reduction,
               .send = values,
               .recv = values,
               .count = static_cast<std::size_t>(count)};
  sum->ready = group.ready(sum->call);
  return sum;
}

void HostMachine::make_bucket_sums() {
  if (ranks() == 1) return;
  for (auto const& bucket : plan_.buckets)
    bucket_sums_.push_back(make_sum(*members_.data, Reduction::sum,
                                    layers_.parameters().gradient.as<float>() + bucket.begin,
                                    bucket.count()));
}

void HostMachine::make_layer_sums() {
  output_sums_.resize(plan_.layers.size());
  gradient_sums_.resize(plan_.layers.size());
  if (!members_.layer) return;
  for (std::size_t i = 0; i < plan_.layers.size(); ++i) {
    auto const number = static_cast<int>(i);
    auto const& layer = plan_.layers[i];
    if (layer.sum_outputs)
      output_sums_[i] =
          make_sum(*members_.layer, Reduction::avg, layers_.outputs(number), layer.output_count());
    if (layer.sum_gradients && i > 0 && !plan_.options.inference)
      gradient_sums_[i] = make_sum(*members_.layer, Reduction::avg, layers_.output_gradient(number - 1),
                                   plan_.layers[i - 1].output_count());
  }
}

void HostMachine::open_step() {
  lanes_.serve();  // the marks of a step that was not enqueued to its end
  times_.open();
}

void HostMachine::mark(Lane lane, int mark) {
  if (lane == Lane::communication) return lanes_.communication_stamp(times_.at(mark));
  lanes_.compute_stamp(times_.at(mark));
  if (mark == last_mark_) lanes_.serve();
}

void HostMachine::wait(Lane lane, int mark) {
  if (lane == Lane::compute) return lanes_.compute_wait(times_.at(mark));
  lanes_.communication_wait(times_.at(mark));
}

void HostMachine::take_batch() {
  lanes_.serve();
  batch_ = fixed_ ? fixed_->view() : input_.next();
}

void HostMachine::embed() {
  lanes_.compute([this] { layers_.embed(batch_); });
}

void HostMachine::forward(int layer) {
  lanes_.compute([this, layer] { layers_.forward(layer); });
}

void HostMachine::loss() {
  lanes_.compute([this] { layers_.loss(); });
}

void HostMachine::backward(int layer, bool add) {
  lanes_.compute([this, layer, add] { layers_.backward(layer, add); });
}

void HostMachine::embed_gradient(bool add) {
  lanes_.compute([this, add] { layers_.embed_gradient(add); });
}

void HostMachine::next_update() { ++updates_; }

void HostMachine::update(Bucket const& bucket) {
  lanes_.compute([this, bucket, update = updates_] {
    layers_.update(bucket, training::adamw_step_of({}, update), gradient_parts_);
  });
}

std::uint64_t HostMachine::updates() {
  settle();
  return updates_;
}

void HostMachine::copy_state(std::uint64_t begin, std::uint64_t end, std::byte* to) {
  lanes_.compute([this, begin, end, to] { layers_.copy_state(begin, end, to); });
  copied_ = lanes_.enqueued();
}

void HostMachine::reduce(Bucket const& bucket) {
  if (bucket_sums_.empty()) return;
  auto const found = std::ranges::lower_bound(plan_.buckets, bucket.begin, {}, &Bucket::begin);
  lanes_.communicate(*bucket_sums_[static_cast<std::size_t>(found - plan_.buckets.begin())]->ready);
}

/// Computing cannot go on without it. Sums of gradients that were enqueued before it come first: there is one
/// thread for both.
void HostMachine::sum(Sum* sum) {
  if (sum == nullptr) return;
  lanes_.serve();
  sum->ready->run();
}

std::shared_ptr<std::byte> HostMachine::state_memory(std::uint64_t bytes) {
  return dataload::allocate_pages(static_cast<std::size_t>(bytes));
}

void HostMachine::restart() {
  settle();
  layers_.restart();
  updates_ = 0;
}

void HostMachine::use_fixed_batch(bool fixed) { fixed_ = fixed ? &kept_fixed_ : nullptr; }

std::vector<double> HostMachine::read(Array array, int layer, std::span<std::uint64_t const> indices) {
  settle();
  std::vector<double> values;
  values.reserve(indices.size());
  for (auto const index : indices) values.push_back(element(array, layer, index));
  return values;
}

double HostMachine::element(Array array, int layer, std::uint64_t index) {
  auto const at = [&](float const* values) { return static_cast<double>(values[index]); };
  auto& parameters = layers_.parameters();
  switch (array) {
    case Array::batch:
      return batch_element(index);
    case Array::inputs:
      return at(layers_.inputs());
    case Array::operand:
      return at(layers_.operand(layer));
    case Array::outputs:
      return at(layers_.outputs(layer));
    case Array::output_gradient:
      return at(layers_.output_gradient(layer));
    case Array::input_gradient:
      return at(layers_.input_gradient());
    case Array::gradient:
      return at(parameters.gradient.as<float>());
    case Array::weight:
      return at(parameters.weight.as<float>());
    case Array::first_moment:
      return at(parameters.first_moment.as<float>());
    case Array::second_moment:
      return at(parameters.second_moment.as<float>());
  }
  return 0;
}

double HostMachine::batch_element(std::uint64_t index) const {
  auto const at = index % batch_.count;
  if (batch_.kind == BatchView::Kind::float32)
    return static_cast<double>(static_cast<float const*>(batch_.data)[at]);
  return (static_cast<double>(static_cast<std::uint8_t const*>(batch_.data)[at]) - 127.5) / 127.5;
}

std::uint64_t HostMachine::weights_hash() {
  settle();
  auto const& weight = layers_.parameters().weight;
  return dataload::hash_of({weight.data(), static_cast<std::size_t>(weight.bytes())});
}

std::vector<std::pair<std::string, std::string>> HostMachine::facts() {
  int const cpus = context_.device.team().size();
  std::vector<std::pair<std::string, std::string>> facts{
      {"library", layers_.library()},
      {"shared_cpus",
       fmt::format("{} CPU{} of the rank compute, sum, read and decode: each of these slows the others down",
                   cpus, cpus == 1 ? "" : "s")}};
  if (members_.layer)
    facts.emplace_back("tensor_parallel",
                       "sums within a layer wait their turn behind sums of gradients: one thread does both");
  return facts;
}

}  // namespace muster::train
