#include "kernels/train_step/cuda_machine_cuda.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "kernels/cuda/error.hpp"
#include "kernels/cuda/versions.hpp"
#include "kernels/gemm/cublas_lt.hpp"
#include "kernels/train_step/step_data.hpp"

namespace muster::train::cuda {
namespace {

using muster::cuda::check;

void zero(DeviceBuffer const& buffer, cudaStream_t stream) {
  if (buffer.bytes() > 0) check(cudaMemsetAsync(buffer.as(), 0, buffer.bytes(), stream), "cudaMemsetAsync");
}

/// Of the input's batch, of which recorded steps keep one.
std::uint64_t batch_bytes(StepPlan const& plan) {
  auto const samples = static_cast<std::uint64_t>(plan.samples);
  if (!plan.options.input || plan.input == Network::Input::none) return fixed_batch_bytes(plan);
  if (plan.input == Network::Input::tokens) return samples * static_cast<std::uint64_t>(plan.sample_bytes);
  auto const pictures = plan.input == Network::Input::camera ? static_cast<std::uint64_t>(plan.pictures) : 1;
  auto const side = static_cast<std::uint64_t>(plan.size);
  return samples * pictures * 3 * side * side * bytes_of(plan.options.type);
}

/// As StepArrays allocates them.
std::uint64_t sums_bytes(StepPlan const& plan, int units) {
  if (!plan.first_data_gradient()) return 0;
  int const pack = 16 / static_cast<int>(bytes_of(plan.options.type));
  auto const slices = slices_of(plan.layers.front().input_count(), plan.embedding_count, pack, units);
  return slices.slices * slices.size * sizeof(float);
}

}  // namespace

std::uint64_t memory_beside(StepPlan const& plan, int units) {
  auto const sums = plan.options.inference ? 0 : sums_bytes(plan, units);
  return fixed_batch_bytes(plan) + sums + (plan.options.graph ? batch_bytes(plan) : 0) +
         muster::cuda::lt_workspace_bytes;
}

void require_device_memory(Network const& network, StepPlan const& plan, Device& device) {
  auto const free = device.free_memory(), beside = memory_beside(plan, device.info().units);
  require_step_memory(network, plan, free > beside ? free - beside : 0);
}

CudaMachine::CudaMachine(StepPlan plan, StepInput& input, std::shared_ptr<StepCommunicators> communicators,
                         Context& context)
    : plan_(std::move(plan)),
      input_(input),
      context_(context),
      compute_(static_cast<cudaStream_t>(context.device.queue())),
      communication_(muster::cuda::Stream::Priority::high),
      kernels_(plan_.options.type, context.device.info().units, compute_),
      communicators_(std::move(communicators)),
      arrays_(plan_, kernels_),
      products_(plan_, compute_, context.note),
      clock_({compute_, communication_.get()}, StepMarks(plan_).count(), plan_.options.graph),
      end_mark_(StepMarks(plan_).end()),
      fixed_batch_(plan_, context) {
  for (int layer = 0; layer <= last(); ++layer) shapes_.push_back(shapes_of(layer));
  if (plan_.options.graph) {
    kept_batch_ = DeviceBuffer(batch_bytes(plan_), "a batch for recorded steps");
    graphs_.emplace(
        compute_, [this](Command const& command, bool recorded) { carry_out(command, recorded); },
        [this](Command const& command) {
          if (command.kind == Command::Kind::mark) clock_.will_be_set(command.lane, command.number);
        });
  }
  restart();
  context.device.while_waiting([all = communicators_](double seconds) { all->look(seconds); });
}

// What is stuck in a stream would hold up the memory's return.
CudaMachine::~CudaMachine() {
  context_.device.while_waiting({});
  communicators_->abort_if_broken();
  for (auto const stream : {compute_, communication_.get()}) {
    try {
      muster::cuda::Event last;
      last.record(stream);
      last.outlast();
    } catch (CaseError const&) {
      (void)cudaGetLastError();  // a device at fault does nothing more: there is nothing to wait for
    }
  }
}

CudaMachine::Shapes CudaMachine::shapes_of(int layer) const {
  if (layer == 0) return {};
  auto const terms = layer_terms(plan_, layer);
  double const scale = operand_scale(planned(layer));
  return {.inputs = gather_of(terms.inputs, terms.input_scale, false, kernels_.pack()),
          .operand = gather_of(terms.operand, scale, true, kernels_.pack()),
          .adjoint = adjoint_of(terms, scale, kernels_.pack())};
}

// ---- what is asked for ----

void CudaMachine::add(Command const& command) {
  if (graphs_) return graphs_->add(command);
  carry_out(command, false);
}

void CudaMachine::open_step() {
  if (graphs_) graphs_->run_plainly();
  clock_.open();
}

void CudaMachine::mark(Lane lane, int mark) {
  add({.kind = Command::Kind::mark, .lane = lane, .number = mark});
  if (graphs_ && mark == end_mark_) graphs_->run(clock_.slot());
}

void CudaMachine::wait(Lane lane, int mark) {
  add({.kind = Command::Kind::wait, .lane = lane, .number = mark});
}

/// Not part of any graph: what comes before it in the step is one, what comes after it another.
void CudaMachine::take_batch() {
  if (graphs_) graphs_->run(clock_.slot());
  if (fixed_) {
    batch_ = fixed_batch_.view();
  } else if (graphs_) {
    keep_batch(input_.next());
  } else {
    batch_ = input_.next();
  }
}

/// As many elements as the first batch had, and as there is room for, since a graph's kernels know one
/// number: of a longer one the end is left out, a shorter one leaves what was there.
void CudaMachine::keep_batch(BatchView const& batch) {
  auto const each = bytes_of(batch.kind);
  if (kept_count_ == 0) kept_count_ = std::min<std::uint64_t>(batch.count, kept_batch_.bytes() / each);
  auto const bytes = std::min<std::size_t>(batch.count, kept_count_) * each;
  check(cudaMemcpyAsync(kept_batch_.as(), batch.data, bytes, cudaMemcpyDeviceToDevice, compute_),
        "cudaMemcpyAsync");
  batch_ = {kept_batch_.as(), kept_count_, batch.kind};
}

void CudaMachine::embed() {
  if (batch_.count == 0) take_batch();
  add({.kind = Command::Kind::embed, .batch = batch_});
}

void CudaMachine::backward(int layer, bool more) {
  add({.kind = Command::Kind::backward, .number = layer, .add = more, .batch = batch_});
}

// ---- what is done ----

void CudaMachine::carry_out(Command const& command, bool recorded) {
  switch (command.kind) {
    case Command::Kind::mark:
    case Command::Kind::wait:
      return note_time(command, recorded);
    case Command::Kind::embed:
      return embed_now(command.batch);
    case Command::Kind::forward:
      return forward_now(command.number, command.batch);
    case Command::Kind::sum_outputs:
      return average(arrays_.outputs(command.number), planned(command.number).output_count());
    case Command::Kind::sum_gradients:
      return average(arrays_.output_gradient(command.number - 1), planned(command.number - 1).output_count());
    case Command::Kind::loss:
      return kernels_.loss(arrays_.output_gradient(last()), arrays_.outputs(last()),
                           planned(last()).output_count(), target_key(context_.seed));
    case Command::Kind::backward:
      return backward_now(command);
    case Command::Kind::embed_gradient:
      return kernels_.embed_gradient(arrays_.gradient(plan_.embedding_first), arrays_.embedding_sums(),
                                     arrays_.input_gradient(), arrays_.embedding_slices(), command.add);
    case Command::Kind::next_update:
      return kernels_.next_update(arrays_.clock(), {});
    case Command::Kind::update:
      return update_now(command.bucket);
    case Command::Kind::reduce:
      return reduce_now(command.bucket);
  }
}

void CudaMachine::note_time(Command const& command, bool recorded) {
  bool const mark = command.kind == Command::Kind::mark;
  if (recorded) {
    mark ? clock_.mark_recorded(command.lane, command.number)
         : clock_.wait_recorded(command.lane, command.number);
  } else {
    mark ? clock_.mark(command.lane, command.number) : clock_.wait(command.lane, command.number);
  }
}

void CudaMachine::embed_now(BatchView const& batch) {
  auto const count = planned(0).input_count();
  auto const* const table = plan_.embedding_count > 0 ? arrays_.multiplied(plan_.embedding_first) : nullptr;
  kernels_.embed(arrays_.inputs(), batch.data, table,
                 embed_of(count, batch, plan_.embedding_count, kernels_.pack()));
  inputs_of_ = 0;
}

void CudaMachine::make_inputs(int layer, BatchView const& batch) {
  if (inputs_of_ == layer) return;
  if (layer == 0) return embed_now(batch);
  auto const* const before = arrays_.outputs(layer - 1);
  kernels_.gather(arrays_.inputs(), before, shapes(layer).inputs);
  if (!planned(layer).weights) kernels_.gather(arrays_.operand(), before, shapes(layer).operand);
  inputs_of_ = layer;
}

void* CudaMachine::operand_of(int layer) const {
  auto const& p = planned(layer);
  return p.weights ? arrays_.multiplied(p.first) : arrays_.operand();
}

void CudaMachine::forward_now(int layer, BatchView const& batch) {
  if (layer > 0) inputs_of_ = -1;  // the layer before has new outputs
  make_inputs(layer, batch);
  products_.forward(layer, arrays_.inputs(), operand_of(layer), arrays_.outputs(layer));
}

void CudaMachine::backward_now(Command const& command) {
  int const layer = command.number;
  auto const& p = planned(layer);
  make_inputs(layer, command.batch);
  auto* const dy = arrays_.output_gradient(layer);
  auto* const dw = p.weights ? arrays_.gradient(p.first) : arrays_.operand_gradient();
  products_.operand_gradient(layer, dy, arrays_.inputs(), dw, command.add && p.weights);
  if (layer == 0 && !plan_.first_data_gradient()) return;
  products_.input_gradient(layer, dy, operand_of(layer), arrays_.input_gradient());
  if (layer == 0) return;
  kernels_.adjoint(arrays_.output_gradient(layer - 1), arrays_.outputs(layer - 1), arrays_.input_gradient(),
                   p.weights ? nullptr : dw, shapes(layer).adjoint);
}

void CudaMachine::update_now(Bucket const& bucket) {
  bool const copies = plan_.options.type == Type::bf16;
  AdamwOnDevice const parameters{.weight = arrays_.weight(bucket.begin),
                                 .m = arrays_.first_moment(bucket.begin),
                                 .v = arrays_.second_moment(bucket.begin),
                                 .gradient = arrays_.gradient(bucket.begin),
                                 .copy = copies ? arrays_.multiplied(bucket.begin) : nullptr,
                                 .count = bucket.count()};
  kernels_.adamw(parameters, arrays_.clock(), ranks() * plan_.options.accumulate);
}

ElementType CudaMachine::element() const {
  return plan_.options.type == Type::bf16 ? ElementType::bfloat16 : ElementType::float32;
}

void CudaMachine::reduce_now(Bucket const& bucket) {
  if (!communicators_->data) return;
  auto* const values = arrays_.gradient(bucket.begin);
  communicators_->data->run({.type = element(), .send = values, .recv = values, .count = bucket.count()},
                            communication_.get());
}

/// Over the ranks that share a layer.
void CudaMachine::average(void* values, std::uint64_t count) {
  if (!communicators_->layer) return;
  communicators_->layer->run(
      {.type = element(), .reduction = Reduction::avg, .send = values, .recv = values, .count = count},
      compute_);
}

void CudaMachine::copy_state(std::uint64_t begin, std::uint64_t end, std::byte* to) {
  if (graphs_) graphs_->run_plainly();
  check(cudaMemcpyAsync(to, arrays_.state().as<std::byte>() + begin, end - begin, cudaMemcpyDeviceToHost,
                        compute_),
        "cudaMemcpyAsync");
  copied_.record(compute_);
}

/// From a thread that may have no device yet, and would open another one.
void CudaMachine::await_copy() {
  check(cudaSetDevice(context_.device.info().index), "cudaSetDevice");
  copied_.wait([all = communicators_](double seconds) { all->look(seconds); });
}

// ---- outside of steps ----

void CudaMachine::settle() {
  if (graphs_) graphs_->run_plainly();
  wait_for_all();
  communicators_->require_healthy();
}

void CudaMachine::wait_for_all() {
  context_.device.wait();
  muster::cuda::wait(communication_.get(), [this](double seconds) { communicators_->look(seconds); });
}

std::shared_ptr<std::byte> CudaMachine::state_memory(std::uint64_t bytes) {
  constexpr std::size_t granule = 4096;
  auto const& buffer = state_memory_.emplace_back(
      std::make_shared<muster::cuda::PinnedBuffer>(bytes + granule, "a checkpoint"));
  auto const address = reinterpret_cast<std::uintptr_t>(buffer->as());
  return {buffer, buffer->as<std::byte>() + (granule - address % granule) % granule};
}

void CudaMachine::fill_weights(std::uint64_t first, std::uint64_t count, std::uint64_t key, float scale) {
  if (count == 0) return;
  void* const copy = plan_.options.type == Type::bf16 ? arrays_.multiplied(first) : nullptr;
  kernels_.fill_weights(arrays_.weight(first), copy, count, key, scale);
}

void CudaMachine::restart() {
  settle();
  for (auto const* buffer : {&arrays_.state(), &arrays_.copy(), &arrays_.gradients()})
    zero(*buffer, compute_);
  for (int number = 0; number <= last(); ++number) {
    auto const& p = planned(number);
    fill_weights(p.first, p.parameter_count(), weight_key(context_.seed, static_cast<std::uint64_t>(number)),
                 first_scale(p.inputs));
  }
  fill_weights(plan_.embedding_first, plan_.embedding_count, weight_key(context_.seed, embedding_layer),
               embedding_scale);
  if (plan_.options.inference) return;
  auto const clock = adamw_clock({});
  muster::cuda::copy_to_device(arrays_.clock(), &clock, sizeof clock, compute_);
}

std::uint64_t CudaMachine::updates() {
  settle();
  if (plan_.options.inference) return 0;
  AdamwClock clock;
  muster::cuda::copy_to_host(&clock, arrays_.clock(), sizeof clock, compute_);
  return clock.steps;
}

void CudaMachine::use_fixed_batch(bool fixed) {
  settle();
  fixed_ = fixed;
  batch_ = {};
}

CudaMachine::Source CudaMachine::source(Array array, int layer) const {
  auto const as_multiplied =
      plan_.options.type == Type::bf16 ? BatchView::Kind::bfloat16 : BatchView::Kind::float32;
  switch (array) {
    case Array::batch:
      return {batch_.data, batch_.kind};
    case Array::inputs:
      return {arrays_.inputs(), as_multiplied};
    case Array::operand:
      return {operand_of(layer), as_multiplied};
    case Array::outputs:
      return {arrays_.outputs(layer), as_multiplied};
    case Array::output_gradient:
      return {arrays_.output_gradient(layer), as_multiplied};
    case Array::input_gradient:
      return {arrays_.input_gradient(), as_multiplied};
    case Array::gradient:
      return {arrays_.gradient(0), as_multiplied};
    case Array::weight:
      if (plan_.options.inference) return {arrays_.multiplied(0), as_multiplied};
      return {arrays_.weight(), BatchView::Kind::float32};
    case Array::first_moment:
      return {arrays_.first_moment(), BatchView::Kind::float32};
    case Array::second_moment:
      return {arrays_.second_moment(), BatchView::Kind::float32};
  }
  return {};
}

std::vector<double> CudaMachine::read(Array array, int layer, std::span<std::uint64_t const> indices) {
  settle();
  std::vector<std::uint64_t> places(indices.begin(), indices.end());
  if (array == Array::batch && batch_.count == 0) take_batch();
  if (array == Array::batch)
    for (auto& place : places) place %= batch_.count;
  auto const from = source(array, layer);
  return kernels_.pick(from.data, from.kind, places);
}

std::uint64_t CudaMachine::weights_hash() {
  settle();
  if (arrays_.state().bytes() > 0) return kernels_.hash(arrays_.weight(), plan_.parameters);
  return kernels_.hash(arrays_.copy().as(), arrays_.copy().bytes() / sizeof(std::uint32_t));
}

std::vector<std::pair<std::string, std::string>> CudaMachine::facts() {
  std::vector<std::pair<std::string, std::string>> facts{
      {"library", fmt::format("cuBLASLt {}, {} shapes, each by the heuristics' first answer",
                              muster::cuda::version_text(muster::cuda::lt().version()), products_.shapes())}};
  if (communicators_->data)
    facts.emplace_back("gradient_sums",
                       fmt::format("NCCL among {} ranks{}, on a stream of high priority", ranks(),
                                   plan_.options.channels > 0
                                       ? fmt::format(", {} thread blocks at most", plan_.options.channels)
                                       : ""));
  if (communicators_->layer)
    facts.emplace_back("layer_sums",
                       fmt::format("NCCL among {} ranks of a node", communicators_->members.layer->size()));
  if (graphs_) facts.emplace_back("graphs", std::to_string(graphs_->graphs()));
  return facts;
}

}  // namespace muster::train::cuda
