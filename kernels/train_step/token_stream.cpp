#include "kernels/train_step/token_stream.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/options.hpp"

namespace muster::train {
namespace {

/// Records of any kind.
dataload::Options options_of(StepPlan const& plan, Params const& given, Context const& context) {
  auto options = dataload::options_from(pipeline_params(plan, given, context));
  options.pictures_only = false;
  return options;
}

/// Records that are read at a time: about as many as `bytes` are made of.
dataload::Options with_records_for(dataload::Options options, dataload::RecordSet const& set,
                                   std::size_t bytes) {
  constexpr std::uint64_t most = 8192;
  std::uint64_t const mean = std::max<std::uint64_t>(1, set.bytes() / set.records.size());
  options.batch = static_cast<int>(std::clamp<std::uint64_t>((bytes + mean - 1) / mean, 1, most));
  return options;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

std::size_t token_bytes(StepPlan const& plan) {
  return static_cast<std::size_t>(plan.samples * plan.sample_bytes);
}

TokenStream::TokenStream(StepPlan const& plan, Params const& given, Context& context,
                         std::unique_ptr<TokenBatch> batch, dataload::Allocate const& allocate,
                         std::uint64_t memory_limit)
    : bytes_(token_bytes(plan)),
      set_(dataload::open_records(options_of(plan, given, context), context)),
      options_(with_records_for(options_of(plan, given, context), set_, bytes_)),
      batch_(std::move(batch)),
      stream_(set_, options_, dataload::epoch_share(context), allocate, batch_->delivery(), memory_limit) {
  for (auto const& note : stream_.reader().notes()) context.note(note);
}

void TokenStream::take_records() {
  if (std::exchange(holds_, true)) batch_->release(stream_);
  records_ = stream_.next().images;
}

BatchView TokenStream::next() {
  for (std::size_t filled = 0; filled < bytes_;) {
    if (record_.empty()) {
      if (records_.empty()) {
        auto const called = Clock::now();
        take_records();
        waited_ += seconds_since(called);
      }
      record_ = records_.front().bytes;
      records_ = records_.subspan(1);
    }
    auto const piece = record_.first(std::min(record_.size(), bytes_ - filled));
    batch_->append(filled, piece, stream_);
    record_ = record_.subspan(piece.size());
    filled += piece.size();
  }
  stream_.advance();
  double const seconds = seconds_since(std::exchange(began_, Clock::now()));
  batch_seconds_.add(seconds);
  metered_ += seconds;
  ++batches_;
  return {batch_->data(), bytes_, BatchView::Kind::bytes};
}

void TokenStream::resume() {
  for (int i = 0; i < stream_.batches_ahead(); ++i) take_records();
  record_ = {};
  stream_.resume();
  began_ = Clock::now();
}

Verdict TokenStream::verify() {
  auto const verdict = stream_.verify();
  holds_ = true;
  if (batches_ == 0 || record_.empty()) return verdict;
  // The batch ends with what came before the rest of the record in use.
  auto const* const whole = std::prev(records_.data())->bytes.data();
  auto const used = std::min(static_cast<std::size_t>(record_.data() - whole), bytes_);
  auto const end = batch_->fetch(bytes_ - used, used);
  bool const same = std::equal(end.begin(), end.end(), record_.data() - used);
  return dataload::all_of({verdict, Verdict::judge("bytes of the batch against the record", same ? 0 : 1, 0,
                                                   "the batch is not what was read")});
}

dataload::PipelineSummary const& TokenStream::summary() {
  if (summary_) return *summary_;
  auto summary = stream_.summary();
  records_ = {};
  record_ = {};
  summary.batch_seconds = batch_seconds_.values();
  summary.stall_share = dataload::ratio(waited_, metered_);
  return summary_.emplace(std::move(summary));
}

std::vector<std::pair<std::string, std::string>> TokenStream::facts() {
  auto facts = dataload::facts_of(set_);
  facts.emplace_back("read_engine", stream_.reader().engine());
  facts.emplace_back("io", stream_.reader().io() == dataload::Io::direct ? "direct" : "buffered");
  for (auto& fact : dataload::facts_of(summary())) facts.push_back(std::move(fact));
  return facts;
}

}  // namespace muster::train
