// What a dataset is filled with, cut into shards that can be made in any order, by any thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/dataload/dataset/index_format.hpp"
#include "kernels/dataload/dataset/shard_writer.hpp"

namespace muster::dataload {

/// Records [first, first + count).
struct RecordRange {
  std::uint64_t first = 0, count = 0;
};

/// One thread's own maker of records.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  /// Writes this record, which depends on its number alone; or writes nothing when it is to be left out.
  virtual void put(std::uint64_t number, ShardWriter& out) = 0;
};

class Content {
 public:
  virtual ~Content() = default;
  /// Identity, profile, seed, planned shards, records a sample and format are set.
  virtual IndexHead head() const = 0;
  virtual RecordRange shard(std::uint64_t number) const = 0;
  virtual std::uint64_t disk_bytes(std::uint64_t shard) const = 0;  ///< that it will take, about
  virtual std::unique_ptr<RecordSource> source() = 0;
  virtual std::vector<std::string> left_out() const { return {}; }  ///< "NAME (why)", by name
};

/// "shard-000017.tar".
std::string shard_name(std::uint64_t number, ShardFormat format);

/// Sets IndexHead::profile.
void set_profile(IndexHead& head, std::string const& name);

/// Throws BadInput when there would be more shards than names for them.
void check_shard_count(std::uint64_t shards);

}  // namespace muster::dataload
