#include "kernels/dataload/read_sequence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "kernels/contract/error.hpp"

namespace muster::dataload {
namespace {

/// Reads that a record takes when every one of them ends at a multiple of `piece` after its first block's
/// begin.
std::uint64_t pieces_of(Record const& record, std::size_t piece, std::size_t alignment) {
  return (record.offset % alignment + record.length + piece - 1) / piece;
}

}  // namespace

BlockSequence::BlockSequence(InputFiles const& files, std::size_t block, EpochShare const& share)
    : block_(block) {
  for (std::uint32_t file = 0; file < files.count(); ++file) blocks_.push_back(files.size(file) / block);
  auto const all = std::accumulate(blocks_.begin(), blocks_.end(), std::uint64_t{0});
  if (all == 0)
    throw Unsupported(fmt::format(
        "no file has {} bytes, a single block; use access = \"records\" or a smaller block", block));
  go_to(static_cast<std::uint64_t>(static_cast<double>(all) * static_cast<double>(share.rank) /
                                   static_cast<double>(share.ranks)));
}

void BlockSequence::go_to(std::uint64_t number) {
  file_ = 0;
  for (; number >= blocks_[file_]; ++file_) number -= blocks_[file_];
  at_ = number;
}

Piece BlockSequence::next() {
  for (; at_ >= blocks_[file_]; at_ = 0) {
    if (++file_ < blocks_.size()) continue;
    file_ = 0;
    ++round_;
  }
  Piece piece;
  piece.file = file_;
  piece.offset = at_++ * block_;
  piece.length = block_;
  piece.epoch = round_;
  return piece;
}

RecordSequence::RecordSequence(RecordSet const& set, EpochShare const& share, std::size_t piece,
                               std::size_t alignment)
    : set_(set), order_(set, share), piece_(piece), alignment_(alignment) {
  auto const totals = set.records.totals();
  longest_ = static_cast<std::size_t>(std::min<std::uint64_t>(totals.longest, piece));
  std::uint64_t pieces = set.records.size();
  if (totals.longest + alignment > piece) {
    pieces = 0;
    set.records.each([&](Record const& record) { pieces += pieces_of(record, piece_, alignment_); });
  }
  mean_bytes_ = static_cast<double>(totals.bytes) / static_cast<double>(pieces);
}

Piece RecordSequence::next() {
  if (done_ == record_.length) {
    turn_ = order_.next();
    record_ = set_.records[turn_.record];
    done_ = 0;
  }
  Piece piece;
  piece.file = record_.file;
  piece.offset = record_.offset + done_;
  piece.epoch = turn_.epoch;
  piece.record = turn_.record;
  piece.first = done_ == 0;
  std::uint64_t const room = piece_ - piece.offset % alignment_;
  piece.length = static_cast<std::size_t>(std::min(room, record_.length - done_));
  done_ += piece.length;
  piece.last = done_ == record_.length;
  return piece;
}

}  // namespace muster::dataload
