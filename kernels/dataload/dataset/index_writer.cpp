#include "kernels/dataload/dataset/index_writer.hpp"

#include <algorithm>

namespace muster::dataload {

IndexWriter::IndexWriter(std::filesystem::path const& file, IndexHead head,
                         std::vector<IndexShard> const& shards)
    : out_(file), state_(XXH3_createState()) {
  if (!state_ || XXH3_64bits_reset(state_.get()) == XXH_ERROR) throw OutOfMemory("no memory for a checksum");
  std::ranges::copy(index_magic, head.magic);
  head.version = index_version;
  head.head_bytes = sizeof head;
  head.shards = shards.size();
  head.records = 0;
  for (auto const& shard : shards) head.records += shard.records;
  head.file_bytes = sizeof head + shards.size() * sizeof(IndexShard) + head.records * sizeof(IndexRecord) + 8;
  write(&head, sizeof head);
  write(shards.data(), shards.size() * sizeof(IndexShard));
}

void IndexWriter::write(void const* data, std::size_t size) {
  if (size == 0) return;
  XXH3_64bits_update(state_.get(), data, size);
  out_.write(data, size);
}

void IndexWriter::add(std::span<IndexRecord const> records) { write(records.data(), records.size_bytes()); }

std::uint64_t IndexWriter::finish() {
  std::uint64_t const sum = XXH3_64bits_digest(state_.get());
  out_.write(&sum, sizeof sum);
  std::uint64_t const bytes = out_.position();
  out_.finish();
  return bytes;
}

}  // namespace muster::dataload
