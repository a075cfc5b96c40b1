// The index of a dataset as it lies on disk: a head, one entry a shard, one entry a record, and the XXH3 (64
// bits) of all bytes before it. Little-endian; every entry has a fixed place, so that an index is used
// without being loaded.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace muster::dataload {

static_assert(std::endian::native == std::endian::little, "the index is used as it lies on disk");

inline constexpr char const* index_name = "dataset.index";
inline constexpr char index_magic[8] = {'M', 'U', 'S', 'T', 'E', 'R', 'D', 'S'};
inline constexpr std::uint32_t index_version = 1;
inline constexpr std::uint64_t pack_alignment = 4096;  ///< of every record in a pack

enum class ShardFormat : std::uint32_t { tar = 0, pack = 1 };
enum class RecordKind : std::uint32_t { binary = 0, jpeg = 1 };

struct IndexHead {
  char magic[8]{};
  std::uint32_t version = index_version;
  std::uint32_t head_bytes = 128;
  std::uint64_t file_bytes = 0;  ///< of the index, with its checksum
  std::uint64_t shards = 0, records = 0;
  std::uint64_t planned_shards = 0;  ///< more than `shards`: making has not come to its end
  std::uint64_t record_bytes = 0;    ///< sum over all records
  std::uint64_t identity = 0;        ///< of everything that decides what the records are
  std::uint64_t seed = 0;
  std::uint32_t per_sample = 1;  ///< records that belong together, one after the other
  ShardFormat format = ShardFormat::tar;
  char profile[48]{};  ///< NUL-terminated
};

struct IndexShard {
  char name[40]{};  ///< of the file beside the index, NUL-terminated
  std::uint64_t bytes = 0;
  std::uint64_t first = 0;  ///< number of its first record
  std::uint64_t records = 0;
};

struct IndexRecord {
  std::uint64_t offset = 0, length = 0;  ///< in its shard
  std::uint64_t hash = 0;                ///< XXH3 (64 bits) of its bytes
  std::uint32_t width = 0, height = 0;   ///< of a picture; 0 x 0 for other records
  std::uint32_t shard = 0;
  RecordKind kind = RecordKind::binary;
};

static_assert(sizeof(IndexHead) == 128 && std::is_trivially_copyable_v<IndexHead>);
static_assert(sizeof(IndexShard) == 64 && std::is_trivially_copyable_v<IndexShard>);
static_assert(sizeof(IndexRecord) == 40 && std::is_trivially_copyable_v<IndexRecord>);

/// "dataset imagenet, seed 7, tar"; an imported one has no seed.
std::string origin_of(IndexHead const& head);

}  // namespace muster::dataload
