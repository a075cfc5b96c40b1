// A dataset of a terabyte whose shards are holes: only its index takes room.
#pragma once
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "kernels/dataload/dataset/index_writer.hpp"
#include "tests/kernels/dataset_support.hpp"

namespace muster::dataload::test {

inline constexpr std::uint64_t many = 9'000'000, per_shard = 2400, length = 111'000;

/// An index of 9 million records, a terabyte: its shards' bytes need not be there.
inline std::vector<IndexShard> write_large_index(fs::path const& file) {
  std::vector<IndexShard> shards(many / per_shard);
  IndexHead head;
  std::memcpy(head.profile, "sparse", 6);
  head.record_bytes = many * length;
  head.planned_shards = shards.size();
  for (std::uint64_t i = 0; i < shards.size(); ++i) {
    std::string const name = "shard-" + std::to_string(100'000 + i) + ".tar";
    std::memcpy(shards[i].name, name.data(), name.size());
    shards[i].bytes = per_shard * (length + 1000);
    shards[i].first = i * per_shard;
    shards[i].records = per_shard;
  }
  IndexWriter writer(file, head, shards);
  std::vector<IndexRecord> records(per_shard);
  for (std::uint32_t shard = 0; shard < shards.size(); ++shard) {
    for (std::uint64_t i = 0; i < per_shard; ++i)
      records[i] = {512 + i * (length + 1000), length, i, 500, 375, shard, RecordKind::jpeg};
    writer.add(records);
  }
  EXPECT_EQ(writer.finish(), many * 40 + shards.size() * 64 + 136);
  return shards;
}

/// With its shards, as files of nothing but holes.
inline void write_large_dataset(fs::path const& folder) {
  for (auto const& shard : write_large_index(folder / index_name)) {
    std::ofstream const made(folder / shard.name);
    fs::resize_file(folder / shard.name, shard.bytes);
  }
}

/// A line of /proc/self/status in KiB: "VmHWM:", "RssAnon:".
inline long status_kib(std::string const& key) {
  std::ifstream in("/proc/self/status");
  std::string word;
  while (in >> word) {
    long value = 0;
    if (word == key && in >> value) return value;
  }
  return -1;
}

}  // namespace muster::dataload::test
