// Which reads dataload/read makes, one after the other.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/dataload/epoch.hpp"
#include "kernels/dataload/read_engine.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::dataload {

/// What one read is for: bytes [offset, offset + length) of a file, not widened to whole blocks.
struct Piece {
  std::uint32_t file = 0;
  std::uint64_t offset = 0;
  std::size_t length = 0;
  std::uint64_t epoch = 0;         ///< or, of blocks, the round
  std::uint32_t record = 0;        ///< of blocks: none
  bool first = true, last = true;  ///< of its record

  bool whole() const { return first && last; }
};

/// An endless sequence that takes no memory to speak of.
class ReadSequence {
 public:
  virtual ~ReadSequence() = default;
  virtual Piece next() = 0;
  virtual std::size_t longest() const = 0;  ///< bytes of the longest piece
  virtual double mean_bytes() const = 0;    ///< of a piece
};

/// All whole blocks of the files, round and round; tails shorter than a block are left out. Each rank begins
/// elsewhere, so that ranks do not follow in one another's cache.
class BlockSequence final : public ReadSequence {
 public:
  /// Throws BadInput when a file cannot be looked at, Unsupported when none has a whole block.
  BlockSequence(InputFiles const& files, std::size_t block, EpochShare const& share);
  Piece next() override;
  std::size_t longest() const override { return block_; }
  double mean_bytes() const override { return static_cast<double>(block_); }

 private:
  void go_to(std::uint64_t number);

  std::size_t block_;
  std::vector<std::uint64_t> blocks_{};  ///< of each file
  std::uint64_t round_ = 0, at_ = 0;     ///< of the next block: in its file
  std::uint32_t file_ = 0;
};

/// The rank's records in epoch order. A long record is read in pieces, one after the other, whose ends lie at
/// multiples of `alignment`.
class RecordSequence final : public ReadSequence {
 public:
  /// `piece`: the most bytes that one read may take with what alignment adds; a multiple of `alignment`.
  RecordSequence(RecordSet const& set, EpochShare const& share, std::size_t piece, std::size_t alignment);
  Piece next() override;
  std::size_t longest() const override { return longest_; }
  double mean_bytes() const override { return mean_bytes_; }

 private:
  RecordSet const& set_;
  EpochOrder order_;
  std::size_t piece_, alignment_, longest_;
  double mean_bytes_;
  Turn turn_{};
  Record record_{};
  std::uint64_t done_ = 0;  ///< bytes of record_
};

}  // namespace muster::dataload
