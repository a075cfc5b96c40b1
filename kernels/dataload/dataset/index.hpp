// Opening an index: mapped, validated, and not believed.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/dataset/index_format.hpp"

namespace muster::dataload {

/// There is an index, and it cannot be used.
struct BadIndex : BadInput {
  using BadInput::BadInput;
};

/// Memory stays bounded whatever the index's size: validation goes through it in windows, record() touches
/// one entry. The file must not be cut while it is mapped (ours are only ever replaced as a whole).
class Index {
 public:
  /// Throws BadInput when the file is not there, BadIndex "the index 'FILE' is refused (why) ..." when
  /// anything in it is not as it must be: its checksum, counts, names, or a record that reaches past its
  /// shard.
  explicit Index(std::filesystem::path const& file);
  Index(Index const&) = delete;
  Index& operator=(Index const&) = delete;
  ~Index();

  IndexHead const& head() const { return head_; }
  std::uint64_t size() const { return head_.records; }
  std::vector<IndexShard> const& shards() const { return shards_; }
  bool complete() const { return head_.shards == head_.planned_shards; }
  /// Its bounds are looked at again each time. Throws BadIndex.
  IndexRecord record(std::uint64_t number) const;
  std::filesystem::path path_of(std::uint64_t shard) const;

  /// What is not as the index says among the shards' files: "shard-000001.tar is missing", "... has 512
  /// bytes, 1024 are indexed". Looks at sizes only.
  std::vector<std::string> shard_faults() const;

 private:
  [[noreturn]] void refuse(std::string const& why) const;
  void read_head();
  void check_sum() const;
  void read_shards();
  void check_shard(std::uint64_t number, IndexShard const& shard) const;
  void check_records() const;
  std::string fault_of(IndexRecord const& record, std::uint64_t shard) const;
  /// Calls use(address, bytes) for pieces of [from, to), and lets go of each piece's memory.
  template <class Use>
  void in_windows(std::uint64_t from, std::uint64_t to, std::uint64_t unit, Use&& use) const;

  std::filesystem::path file_;
  std::byte const* bytes_ = nullptr;
  std::uint64_t file_bytes_ = 0;
  IndexHead head_{};
  std::vector<IndexShard> shards_{};
};

}  // namespace muster::dataload
