#include "kernels/train_step/token_input_cuda.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "kernels/cuda/error.hpp"
#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/pinned_memory.hpp"
#include "kernels/train_step/token_records.hpp"

namespace muster::train::cuda {

using muster::cuda::check;

StepDelivery::StepDelivery(int device, cudaStream_t compute, std::size_t buffers, std::size_t bytes)
    : device_(device), compute_(compute) {
  for (std::size_t i = 0; i < buffers; ++i)
    buffers_.push_back({muster::cuda::DeviceBuffer(bytes, "a batch of records")});
}

/// Called by a thread of the stream's own, which has no device yet.
void StepDelivery::copy(std::size_t buffer, std::span<std::byte const> bytes) {
  check(cudaSetDevice(device_), "cudaSetDevice");
  muster::cuda::make_wait(copies_.get(), buffers_[buffer].released);
  check(cudaMemcpyAsync(buffers_[buffer].memory.as(), bytes.data(), bytes.size(), cudaMemcpyHostToDevice,
                        copies_.get()),
        "cudaMemcpyAsync");
  muster::cuda::wait(copies_.get());
}

std::vector<std::byte> StepDelivery::fetch(std::size_t buffer, std::size_t bytes) {
  std::vector<std::byte> back(bytes);
  muster::cuda::copy_to_host(back.data(), buffers_[buffer].memory.as(), bytes, compute_);
  return back;
}

TokenInput::TokenInput(StepPlan const& plan, Params const& given, Context& context)
    : compute_(static_cast<cudaStream_t>(context.device.queue())),
      set_(dataload::open_records(options_of_tokens(plan, given, context), context)),
      options_(with_records_for(options_of_tokens(plan, given, context), set_, token_bytes(plan))),
      stream_(set_, options_, dataload::epoch_share(context), muster::cuda::allocate_pinned,
              delivery(context), 0),
      batch_(token_bytes(plan), "a batch of tokens") {
  for (auto const& note : stream_.reader().notes()) context.note(note);
}

dataload::MakeDelivery TokenInput::delivery(Context& context) {
  return [this, device = context.device.info().index](std::size_t buffers, std::size_t bytes) {
    auto made = std::make_unique<StepDelivery>(device, compute_, buffers, bytes);
    delivery_ = made.get();
    return made;
  };
}

void TokenInput::take_records() {
  if (std::exchange(holds_, true)) delivery_->release(stream_.held().buffer);
  auto const called = Clock::now();
  records_ = stream_.next().images;
  waited_ += std::chrono::duration<double>(Clock::now() - called).count();
}

/// On the compute stream, so that the step before has read the batch it takes the place of.
void TokenInput::append(std::size_t at, std::span<std::byte const> piece) {
  auto const held = stream_.held();
  auto const* const from = delivery_->at(held.buffer) + (piece.data() - held.bytes.data());
  check(cudaMemcpyAsync(batch_.as<std::byte>() + at, from, piece.size(), cudaMemcpyDeviceToDevice, compute_),
        "cudaMemcpyAsync");
}

BatchView TokenInput::next() {
  for (std::size_t filled = 0; filled < batch_.bytes();) {
    if (record_.empty()) {
      if (records_.empty()) take_records();
      record_ = records_.front().bytes;
      records_ = records_.subspan(1);
    }
    auto const piece = record_.first(std::min(record_.size(), batch_.bytes() - filled));
    append(filled, piece);
    record_ = record_.subspan(piece.size());
    filled += piece.size();
  }
  stream_.advance();
  auto const now = Clock::now();
  double const seconds = std::chrono::duration<double>(now - std::exchange(began_, now)).count();
  batch_seconds_.add(seconds);
  metered_ += seconds;
  ++batches_;
  return {batch_.as(), batch_.bytes(), BatchView::Kind::bytes};
}

void TokenInput::resume() {
  for (int i = 0; i < stream_.batches_ahead(); ++i) take_records();
  record_ = {};
  stream_.resume();
  began_ = Clock::now();
}

Verdict TokenInput::verify() {
  auto const verdict = stream_.verify();
  holds_ = true;
  if (batches_ == 0 || record_.empty()) return verdict;
  // The batch ends with what came before the rest of the record in use.
  auto const* const whole = std::prev(records_.data())->bytes.data();
  auto const used = std::min(static_cast<std::size_t>(record_.data() - whole), batch_.bytes());
  std::vector<std::byte> end(used);
  muster::cuda::copy_to_host(end.data(), batch_.as<std::byte>() + batch_.bytes() - used, used, compute_);
  bool const same = std::equal(end.begin(), end.end(), record_.data() - used);
  return dataload::all_of({verdict, Verdict::judge("bytes of the batch on the device against the record",
                                                   same ? 0 : 1, 0, "the batch is not what was read")});
}

dataload::PipelineSummary const& TokenInput::summary() {
  if (summary_) return *summary_;
  auto summary = stream_.summary();
  records_ = {};
  record_ = {};
  summary.batch_seconds = batch_seconds_.values();
  summary.stall_share = dataload::ratio(waited_, metered_);
  return summary_.emplace(std::move(summary));
}

std::vector<std::pair<std::string, std::string>> TokenInput::facts() {
  auto facts = dataload::facts_of(set_);
  facts.emplace_back("read_engine", stream_.reader().engine());
  facts.emplace_back("io", stream_.reader().io() == dataload::Io::direct ? "direct" : "buffered");
  for (auto& fact : dataload::facts_of(summary())) facts.push_back(std::move(fact));
  return facts;
}

}  // namespace muster::train::cuda
