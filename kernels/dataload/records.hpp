// A set of encoded pictures: where each one lies. Nothing is copied or packed; a record is a range of a file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace muster::dataload {

/// One encoded picture: bytes [offset, offset + length) of files[file].
struct Record {
  std::uint32_t file = 0;
  std::uint32_t length = 0;
  std::uint64_t offset = 0;
  int width = 0, height = 0;  ///< pixels, from its header
  std::uint64_t hash = 0;     ///< XXH3 (64 bits) of its bytes, taken when the index was made
  std::string name{};         ///< the file's name, or the member's name in a shard; a dataset's have none
};

/// A file or shard member that was left out, and why.
struct Skipped {
  std::string name, why;
};

struct RecordSet {
  std::string origin;  ///< "synthetic, 2000 pictures", "dataset imagenet, ..." or the user's folder
  std::vector<std::filesystem::path> files{};
  std::vector<Record> records{};
  std::vector<Skipped> skipped{};

  std::uint64_t bytes() const;    ///< of all records
  std::uint64_t pixels() const;   ///< of all records
  std::uint32_t longest() const;  ///< bytes of the longest record; 0 when empty
};

std::uint64_t hash_of(std::span<std::byte const> bytes);

/// "skipped 2 of 40 files: a.jpg (truncated), b.txt (not a JPEG)", at most five named, then "and N more"; ""
/// for none.
std::string describe_skipped(RecordSet const& set);

/// A record for messages: "n0123.jpg (shard-0003.tar, offset 1536)".
std::string describe(RecordSet const& set, Record const& record);

/// For Instance::facts(): which data a case ran on.
std::vector<std::pair<std::string, std::string>> facts_of(RecordSet const& set);

/// Reads one record with plain buffered reads. Throws DeviceError naming file and offset.
std::vector<std::byte> read_plainly(RecordSet const& set, Record const& record);

}  // namespace muster::dataload
