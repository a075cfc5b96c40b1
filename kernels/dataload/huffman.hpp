// Huffman decoding of baseline JPEG, in the place of libjpeg-turbo's own: of large pictures that are decoded
// at a reduced scale it is nearly all the work. Everything else stays the library's.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>  // before jpeglib.h, which needs it

#include <jpeglib.h>

namespace muster::dataload {

/// The bits of an entropy-coded segment; zeros after its end.
class BitReader {
 public:
  BitReader() = default;
  BitReader(std::uint8_t const* begin, std::uint8_t const* end) : next_(begin), end_(end) {}

  /// At least 57 bits are there afterwards, zeros where the segment has ended.
  void fill();
  bool low() const { return count_ < 32; }
  std::uint64_t peek(int bits) const { return bits_ >> (64 - bits); }  ///< 1 to 32 bits
  void skip(int bits) {
    bits_ <<= bits;
    count_ -= bits;
  }
  /// The next `size` bits, 1 to 15, as the number that they stand for: those that begin with 0 are negative.
  int take_value(int size) {
    auto const positive = static_cast<std::int64_t>(bits_) >> 63;  // all ones
    auto const value = static_cast<std::int64_t>(peek(size)) + (~positive & (1 - (std::int64_t{1} << size)));
    skip(size);
    return static_cast<int>(value);
  }
  /// Have more bits been taken than there were?
  bool overdrawn() const { return count_ < borrowed_; }
  /// Goes on after the marker RST`number` that must come next; false where it does not.
  bool restart(int number);

 private:
  void fill_slowly();
  bool take_byte(std::uint8_t& byte);

  std::uint8_t const* next_ = nullptr;
  std::uint8_t const* end_ = nullptr;
  std::uint64_t bits_ = 0;
  int count_ = 0;     ///< bits in `bits_`, from the top; below them are zeros or what comes next
  int borrowed_ = 0;  ///< of them, zeros that are not in the segment
};

/// A Huffman table, its short codes found at once.
class HuffmanTable {
 public:
  static constexpr int lookup_bits = 10;

  /// Valid code lengths, as libjpeg-turbo has checked them.
  void build(JHUFF_TBL const& table);
  /// The next symbol, whose code is skipped; -1 where no code begins so. 16 bits must be there.
  int next(BitReader& reader) const {
    unsigned const entry = lookup_[reader.peek(lookup_bits)];
    if (entry == 0) return long_symbol(reader);
    reader.skip(static_cast<int>(entry & 0xFFU));
    return static_cast<int>(entry >> 8);
  }

 private:
  bool same(JHUFF_TBL const& table) const;
  void enter(unsigned code, int length, unsigned symbol);
  int long_symbol(BitReader& reader) const;

  std::array<std::uint16_t, 1 << lookup_bits> lookup_{};  ///< symbol << 8 | length; 0 for a longer code
  std::array<std::int32_t, 18> end_code_{};               ///< of each length: one more than its last code
  std::array<std::int32_t, 18>
      first_value_{};  ///< of each length: index of its first symbol less its first code
  std::array<std::uint8_t, 17> lengths_{};
  std::array<std::uint8_t, 256> symbols_{};
  bool built_ = false;
};

/// The state of one scan.
class HuffmanDecoder {
 public:
  /// `info` has been started and has read nothing of its only scan; all its bytes are in memory.
  void begin(jpeg_decompress_struct& info);
  /// The next blocks into `blocks` (zeros before), or past them where it is null. "" or what is wrong.
  char const* decode(jpeg_decompress_struct const& info, JBLOCKROW* blocks);

 private:
  template <bool store>
  bool decode_block(BitReader& reader, int component, std::int16_t* block);
  char const* restart();

  BitReader reader_{};
  std::array<HuffmanTable, NUM_HUFF_TBLS> direct_{}, alternating_{};  ///< tables of DC and AC coefficients
  std::array<std::uint32_t, MAX_COMPS_IN_SCAN> last_{};               ///< DC value of each component
  std::array<HuffmanTable const*, MAX_COMPS_IN_SCAN> dc_{}, ac_{};    ///< of each component
  unsigned until_restart_ = 0, restart_interval_ = 0;
  int next_restart_ = 0;
};

}  // namespace muster::dataload
