#include "kernels/dataload/records.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <fstream>

#include "kernels/contract/error.hpp"

namespace muster::dataload {

void RecordTotals::add(Record const& record) {
  auto const area = static_cast<std::uint64_t>(record.width) * static_cast<std::uint64_t>(record.height);
  bytes += record.length;
  pixels += area;
  longest = std::max(longest, record.length);
  largest_picture = std::max(largest_picture, area);
}

void Records::each(std::function<void(Record const&)> const& use) const {
  if (view_) return view_->each(use);
  for (auto const& record : list_) use(record);
}

RecordTotals Records::totals() const {
  if (view_) return view_->totals();
  RecordTotals totals;
  for (auto const& record : list_) totals.add(record);
  return totals;
}

std::uint64_t hash_of(std::span<std::byte const> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

void RunningHash::Free::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

RunningHash::RunningHash() : state_(XXH3_createState()) {
  if (!state_) throw OutOfMemory("no memory for a checksum");
  start_again();
}

void RunningHash::add(std::span<std::byte const> bytes) {
  XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
}

std::uint64_t RunningHash::value() const { return XXH3_64bits_digest(state_.get()); }

void RunningHash::start_again() { XXH3_64bits_reset(state_.get()); }

std::string describe_skipped(RecordSet const& set) {
  if (set.skipped.empty()) return {};
  std::size_t const named = std::min<std::size_t>(set.skipped.size(), 5);
  std::string text =
      fmt::format("skipped {} of {} files:", set.skipped.size(), set.skipped.size() + set.records.size());
  for (std::size_t i = 0; i < named; ++i) {
    text += fmt::format("{} {} ({})", i == 0 ? "" : ",", set.skipped[i].name, set.skipped[i].why);
  }
  if (named < set.skipped.size()) text += fmt::format(" and {} more", set.skipped.size() - named);
  return text;
}

std::string describe(RecordSet const& set, Record const& record) {
  std::string const file = set.files[record.file].filename().string();
  if (record.offset == 0 && record.name == file) return file;
  if (record.name.empty()) return fmt::format("a record ({}, offset {})", file, record.offset);
  return fmt::format("{} ({}, offset {})", record.name, file, record.offset);
}

std::vector<std::pair<std::string, std::string>> facts_of(RecordSet const& set) {
  return {{"data", set.origin}};
}

std::vector<std::byte> read_plainly(RecordSet const& set, Record const& record) {
  std::vector<std::byte> bytes(record.length);
  std::ifstream in(set.files[record.file], std::ios::binary);
  in.seekg(static_cast<std::streamoff>(record.offset));
  if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()))) {
    throw DeviceError(
        fmt::format("cannot read {} bytes at offset {} of '{}' (got {}); is the folder still there and "
                    "unchanged?",
                    record.length, record.offset, set.files[record.file].string(), in.gcount()));
  }
  return bytes;
}

}  // namespace muster::dataload
