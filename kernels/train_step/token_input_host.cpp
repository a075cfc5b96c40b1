#include "kernels/train_step/token_input_host.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/dataload/checks.hpp"
#include "kernels/train_step/host_lanes_host.hpp"
#include "kernels/train_step/token_records.hpp"

namespace muster::train {
TokenInput::TokenInput(StepPlan const& plan, Params const& given, Context& context)
    : set_(dataload::open_records(options_of_tokens(plan, given, context), context)),
      options_(with_records_for(options_of_tokens(plan, given, context), set_, token_bytes(plan))),
      stream_(set_, options_, dataload::epoch_share(context), dataload::allocate_pages, {},
              context.device.free_memory() / static_cast<std::uint64_t>(context.group.node_size())),
      batch_(token_bytes(plan)),
      began_(step_clock()) {
  for (auto const& note : stream_.reader().notes()) context.note(note);
}

void TokenInput::take_records() {
  auto const called = step_clock();
  records_ = stream_.next().images;
  waited_ += step_clock() - called;
}

BatchView TokenInput::next() {
  for (std::size_t filled = 0; filled < batch_.size();) {
    if (record_.empty()) {
      if (records_.empty()) take_records();
      record_ = records_.front().bytes;
      records_ = records_.subspan(1);
    }
    auto const count = std::min(record_.size(), batch_.size() - filled);
    std::memcpy(batch_.data() + filled, record_.data(), count);
    record_ = record_.subspan(count);
    filled += count;
  }
  stream_.advance();
  auto const now = step_clock();
  batch_seconds_.add(now - began_);
  metered_ += now - std::exchange(began_, now);
  ++batches_;
  return {batch_.data(), batch_.size(), BatchView::Kind::bytes};
}

void TokenInput::resume() {
  for (int i = 0; i < stream_.batches_ahead(); ++i) records_ = stream_.next().images;
  record_ = {};
  stream_.resume();
  began_ = step_clock();
}

Verdict TokenInput::verify() {
  auto const verdict = stream_.verify();
  if (batches_ == 0 || record_.empty()) return verdict;
  // The batch ends with what came before the rest of the record in use.
  auto const* const whole = std::prev(records_.data())->bytes.data();
  auto const used = std::min(static_cast<std::size_t>(record_.data() - whole), batch_.size());
  bool const same = std::memcmp(batch_.data() + batch_.size() - used, record_.data() - used, used) == 0;
  return dataload::all_of({verdict, Verdict::judge("bytes of the batch against the record", same ? 0 : 1, 0,
                                                   "the batch is not what was read")});
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

}  // namespace muster::train
