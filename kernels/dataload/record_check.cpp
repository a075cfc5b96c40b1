#include "kernels/dataload/record_check.hpp"

#include "kernels/dataload/checks.hpp"

namespace muster::dataload {

void RecordCheck::add(std::uint32_t record, std::span<std::byte const> bytes) {
  judge(record, hash_of(bytes));
}

void RecordCheck::add_piece(std::uint32_t record, std::span<std::byte const> bytes, bool first, bool last) {
  if (first) running_.start_again();
  running_.add(bytes);
  if (last) judge(record, running_.value());
}

void RecordCheck::judge(std::uint32_t number, std::uint64_t hash) {
  auto const record = set_.records[number];
  std::lock_guard const lock(mutex_);
  ++checked_;
  if (hash != record.hash && wrong_++ == 0) first_fault_ = wrong_bytes(set_, record);
}

std::uint64_t RecordCheck::checked() const {
  std::lock_guard const lock(mutex_);
  return checked_;
}

std::uint64_t RecordCheck::wrong() const {
  std::lock_guard const lock(mutex_);
  return wrong_;
}

std::string RecordCheck::first_fault() const {
  std::lock_guard const lock(mutex_);
  return first_fault_;
}

}  // namespace muster::dataload
