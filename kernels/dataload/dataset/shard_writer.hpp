// One shard of a dataset, written record by record.
#pragma once
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/dataload/dataset/index_format.hpp"
#include "kernels/dataload/dataset/output_file.hpp"

namespace muster::dataload {

/// What is known of a record before its bytes.
struct RecordFacts {
  std::string name{};  ///< of the member in a tar shard; a pack has no names
  std::uint64_t length = 0;
  RecordKind kind = RecordKind::binary;
  std::uint32_t width = 0, height = 0;
};

/// begin(), then all of the record's bytes through write() in any pieces, end(); finish() once. The record is
/// hashed on its way. Throws NotSaved.
class ShardWriter {
 public:
  ShardWriter(std::filesystem::path const& file, ShardFormat format);
  void begin(RecordFacts const& facts);
  void write(std::span<std::byte const> bytes);
  void end();
  /// The shard's file is there afterwards.
  void finish();
  std::vector<IndexRecord> const& records() const { return records_; }  ///< of shard number 0
  std::uint64_t bytes() const { return out_.position(); }

 private:
  void fill_up(std::uint64_t alignment);

  struct FreeState {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  OutputFile out_;
  ShardFormat format_;
  std::unique_ptr<XXH3_state_t, FreeState> state_;
  std::vector<IndexRecord> records_{};
};

}  // namespace muster::dataload
