// Opening an index: validated, and not believed.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/dataset/index_format.hpp"

namespace muster::dataload {

/// There is an index, and it cannot be used.
struct BadIndex : BadInput {
  using BadInput::BadInput;
};

/// Memory stays bounded whatever the index's size: validation and each() go through it in windows, record()
/// reads one entry. It is read, not mapped: a file that is cut while it is in use is then an error like any
/// other, where a mapping would end the process. Any thread may call any function.
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
  /// All records in order, as record() gives them, until `use` returns false.
  void each(std::function<bool(std::uint64_t number, IndexRecord const& record)> const& use) const;
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
  std::uint64_t records_begin() const { return sizeof(IndexHead) + head_.shards * sizeof(IndexShard); }
  void read_at(std::uint64_t offset, void* into, std::size_t size) const;
  template <class T>
  T value_at(std::uint64_t offset) const;
  /// Calls use(bytes, size) for pieces of [from, to), whole multiples of `unit`, until it returns false.
  template <class Use>
  void in_windows(std::uint64_t from, std::uint64_t to, std::size_t unit, Use&& use) const;

  /// Calls use(number, record) for all records, as they lie there, until it returns false.
  template <class Use>
  void in_records(Use&& use) const;
  void require_sound(std::uint64_t number, IndexRecord const& record) const;

  /// Closes what it holds, also when the index is refused half-way.
  struct Descriptor {
    explicit Descriptor(int opened) : number(opened) {}
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;
    ~Descriptor();
    int number;
  };
  std::filesystem::path file_;
  Descriptor descriptor_;
  std::uint64_t file_bytes_ = 0;
  IndexHead head_{};
  std::vector<IndexShard> shards_{};
};

}  // namespace muster::dataload
