#include "kernels/dataload/epoch.hpp"

#include <fmt/format.h>

#include <numeric>
#include <stdexcept>
#include <utility>

#include "kernels/dataload/random.hpp"

namespace muster::dataload {

EpochOrder::EpochOrder(std::size_t records, std::uint64_t seed) : seed_(seed), order_(records) {
  if (records == 0) throw std::invalid_argument("an epoch needs at least one record");
}

std::uint32_t EpochOrder::next() {
  std::uint64_t const at = position_ % order_.size();
  if (at == 0) shuffle();
  ++position_;
  return order_[at];
}

void EpochOrder::shuffle() {
  std::iota(order_.begin(), order_.end(), 0u);
  RowRandom random(stream_key(seed_, position_ / order_.size()));
  for (std::size_t left = order_.size(); left > 1; --left) {
    std::swap(order_[left - 1], order_[random.below(static_cast<std::uint32_t>(left))]);
  }
}

EpochAudit::EpochAudit(std::size_t records, std::uint64_t seed)
    : order_(records, seed), last_epoch_(records, 0) {}

void EpochAudit::add(std::uint32_t record) {
  std::uint64_t const position = order_.position();
  std::uint64_t const epoch = position / last_epoch_.size() + 1;
  std::uint32_t const expected = order_.next();
  if (record >= last_epoch_.size()) return fault(fmt::format("no record has number {}", record));
  if (last_epoch_[record] == epoch)
    return fault(fmt::format("record {} came twice in epoch {}", record, epoch - 1));
  bool const left_out = last_epoch_[record] + 1 != epoch;
  last_epoch_[record] = epoch;
  if (left_out) return fault(fmt::format("record {} did not come in epoch {}", record, epoch - 2));
  if (record != expected) {
    fault(fmt::format("got record {} at position {}, expected {}", record, position, expected));
  }
}

void EpochAudit::fault(std::string text) {
  if (faults_++ == 0) first_fault_ = std::move(text);
}

}  // namespace muster::dataload
