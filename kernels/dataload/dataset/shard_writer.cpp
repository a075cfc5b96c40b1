#include "kernels/dataload/dataset/shard_writer.hpp"

#include <array>
#include <stdexcept>

#include "kernels/dataload/tar.hpp"

namespace muster::dataload {
namespace {

constexpr std::uint64_t tar_block = 512;
constexpr std::array<std::byte, pack_alignment> zeros{};

}  // namespace

ShardWriter::ShardWriter(std::filesystem::path const& file, ShardFormat format)
    : out_(file), format_(format), state_(XXH3_createState()) {
  if (!state_) throw OutOfMemory("no memory for a checksum");
}

void ShardWriter::begin(RecordFacts const& facts) {
  if (format_ == ShardFormat::tar) {
    std::string const header = tar_header(facts.name, facts.length);
    out_.write(header.data(), header.size());
  }
  records_.push_back({.offset = out_.position(),
                      .length = facts.length,
                      .width = facts.width,
                      .height = facts.height,
                      .kind = facts.kind});
  XXH3_64bits_reset(state_.get());
}

void ShardWriter::write(std::span<std::byte const> bytes) {
  XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
  out_.write(bytes.data(), bytes.size());
}

void ShardWriter::end() {
  auto& record = records_.back();
  if (out_.position() - record.offset != record.length)
    throw std::logic_error("a record has another length than was said");
  record.hash = XXH3_64bits_digest(state_.get());
  fill_up(format_ == ShardFormat::tar ? tar_block : pack_alignment);
}

void ShardWriter::fill_up(std::uint64_t alignment) {
  if (auto const over = out_.position() % alignment; over != 0) out_.write(zeros.data(), alignment - over);
}

void ShardWriter::finish() {
  if (format_ == ShardFormat::tar) out_.write(zeros.data(), 2 * tar_block);
  out_.finish();
}

}  // namespace muster::dataload
