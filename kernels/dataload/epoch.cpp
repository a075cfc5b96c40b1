#include "kernels/dataload/epoch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "kernels/contract/error.hpp"

namespace muster::dataload {
namespace {

EpochPlan plan_of(std::uint64_t samples, EpochShare const& share) {
  if (samples >= share.ranks) return {samples, share.seed, share.rank, share.ranks};
  throw BadInput(
      fmt::format("{} samples are too few for {} ranks, each of which needs one (a sample is a "
                  "record, or those that belong together); give more data, or start fewer ranks",
                  samples, share.ranks));
}

}  // namespace

EpochOrder::EpochOrder(std::uint64_t samples, std::uint32_t per_sample, EpochShare const& share)
    : plan_(plan_of(samples, share)), per_sample_(per_sample) {}

Turn EpochOrder::next() {
  if (at_ == per_epoch()) {
    at_ = 0;
    ++epoch_;
  }
  std::uint64_t const sample = plan_.at(epoch_, at_ / per_sample_);
  return {epoch_, static_cast<std::uint32_t>(sample * per_sample_ + at_++ % per_sample_)};
}

EpochAudit::EpochAudit(std::uint64_t samples, std::uint32_t per_sample, EpochShare const& share)
    : plan_(plan_of(samples, share)), per_sample_(per_sample), came_(plan_.per_epoch() * per_sample) {}

void EpochAudit::add(std::uint64_t epoch, std::uint32_t record) {
  ++seen_;
  if (epoch != epoch_) begin(epoch);
  judge(record);
  ++in_epoch_;
}

/// What the epoch before lacked is known only now.
void EpochAudit::begin(std::uint64_t epoch) {
  if (epoch != epoch_ + 1) fault(fmt::format("epoch {} came after epoch {}", epoch, epoch_));
  if (distinct_ != per_epoch()) {
    auto const at = static_cast<std::uint64_t>(std::ranges::find(came_, false) - came_.begin());
    std::uint64_t const record = plan_.at(epoch_, at / per_sample_) * per_sample_ + at % per_sample_;
    fault(fmt::format("record {} did not come in epoch {}, nor did {} others", record, epoch_,
                      per_epoch() - distinct_ - 1));
  }
  came_.assign(per_epoch(), false);
  epoch_ = epoch;
  in_epoch_ = distinct_ = 0;
}

void EpochAudit::judge(std::uint32_t record) {
  std::uint64_t const sample = record / per_sample_;
  if (sample >= plan_.samples()) return fault(fmt::format("no record has number {}", record));
  auto const place = plan_.place_of(epoch_, sample);
  if (place.rank != plan_.rank())
    return fault(fmt::format("record {} is rank {}'s in epoch {}, not rank {}'s", record, place.rank, epoch_,
                             plan_.rank()));
  std::uint64_t const at = place.position * per_sample_ + record % per_sample_;
  if (came_[at]) return fault(fmt::format("record {} came twice in epoch {}", record, epoch_));
  came_[at] = true;
  ++distinct_;
  if (at != in_epoch_)
    fault(fmt::format("record {} came at position {} of epoch {}, its place is {}", record, in_epoch_, epoch_,
                      at));
}

void EpochAudit::fault(std::string text) {
  if (faults_++ == 0) first_fault_ = std::move(text);
}

}  // namespace muster::dataload
