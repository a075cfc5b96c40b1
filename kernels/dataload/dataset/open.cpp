#include "kernels/dataload/dataset/open.hpp"

#include <fmt/format.h>

#include <system_error>

#include "kernels/dataload/dataset/index.hpp"

namespace muster::dataload {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t longest = std::uint64_t{1} << 30;  // what a read engine takes

void require_shards(Index const& index, fs::path const& folder) {
  auto const faults = index.shard_faults();
  if (faults.empty()) return;
  std::string const more = faults.size() > 1 ? fmt::format(", and {} faults more", faults.size() - 1) : "";
  throw BadInput(
      fmt::format("the dataset '{}' is not whole ({}{}) muster dataset check lists all faults, muster "
                  "dataset make makes missing shards anew",
                  folder.string(), faults[0], more));
}

Record as_record(IndexRecord const& from) {
  Record record;
  record.file = from.shard;
  record.length = static_cast<std::uint32_t>(from.length);
  record.offset = from.offset;
  record.width = static_cast<int>(from.width);
  record.height = static_cast<int>(from.height);
  record.hash = from.hash;
  return record;
}

}  // namespace

bool has_index(fs::path const& folder) {
  std::error_code not_there;
  return fs::exists(folder / index_name, not_there);
}

RecordSet records_from_dataset(fs::path const& folder, std::int64_t limit, Wanted wanted) {
  Index const index(folder / index_name);
  require_shards(index, folder);
  RecordSet set;
  set.origin = fmt::format("{}, {} records", origin_of(index.head()), index.size());
  if (!index.complete()) {
    set.origin +=
        fmt::format(" (unfinished: {} of {} shards)", index.shards().size(), index.head().planned_shards);
  }
  std::uint64_t const most = limit > 0 ? static_cast<std::uint64_t>(limit) : index.size();
  for (std::uint64_t i = 0; i < index.size() && set.records.size() < most; ++i) {
    auto const record = index.record(i);
    if (wanted == Wanted::pictures && record.kind != RecordKind::jpeg) continue;
    if (record.length > longest) {
      set.skipped.push_back({fmt::format("record {}", i), "larger than 1 GiB"});
      continue;
    }
    while (set.files.size() <= record.shard) set.files.push_back(index.path_of(set.files.size()));
    set.records.push_back(as_record(record));
  }
  if (set.records.empty() && wanted == Wanted::pictures && set.skipped.empty())
    throw Unsupported(fmt::format(
        "{} has no pictures; this case needs some, only dataload/read takes other records", set.origin));
  if (set.records.empty()) throw BadInput(fmt::format("{} has no record that can be used", set.origin));
  return set;
}

}  // namespace muster::dataload
