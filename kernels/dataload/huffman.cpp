#include "kernels/dataload/huffman.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace muster::dataload {
namespace {

/// Where coefficient k of the zigzag order lies in a block; a run that leaves the block ends at its last
/// place, as in libjpeg-turbo.
constexpr std::array<std::uint8_t, 80> zigzag{0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                              12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                              35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                              58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
                                              63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63};

bool has_ff(std::uint64_t bytes) {
  std::uint64_t const inverted = ~bytes;
  return ((inverted - 0x0101010101010101U) & bytes & 0x8080808080808080U) != 0;
}

std::uint64_t big_endian_at(std::uint8_t const* from) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

}  // namespace

void BitReader::fill() {
  if (end_ - next_ >= 8) {
    std::uint64_t const bytes = big_endian_at(next_);
    if (!has_ff(bytes)) {
      bits_ |= bytes >> count_;
      int const taken = (63 - count_) >> 3;
      next_ += taken;
      count_ += 8 * taken;
      return;
    }
  }
  fill_slowly();
}

void BitReader::fill_slowly() {
  while (count_ <= 56) {
    std::uint8_t byte = 0;
    if (!take_byte(byte)) borrowed_ += 8;
    bits_ |= static_cast<std::uint64_t>(byte) << (56 - count_);
    count_ += 8;
  }
}

/// 0xFF stands for itself where 0 follows; else a marker begins and the segment ends before it.
bool BitReader::take_byte(std::uint8_t& byte) {
  if (next_ == end_) return false;
  if (*next_ != 0xFF) {
    byte = *next_++;
    return true;
  }
  auto const* after = next_ + 1;
  while (after != end_ && *after == 0xFF) ++after;
  if (after == end_ || *after != 0) return false;
  byte = 0xFF;
  next_ = after + 1;
  return true;
}

bool BitReader::restart(int number) {
  fill_slowly();
  if (count_ - borrowed_ >= 8 || overdrawn()) return false;
  auto const* at = next_;
  while (at != end_ && *at == 0xFF) ++at;
  if (at == next_ || at == end_ || *at != 0xD0 + number) return false;
  *this = BitReader(at + 1, end_);
  return true;
}

bool HuffmanTable::same(JHUFF_TBL const& table) const {
  return built_ && std::memcmp(table.bits, lengths_.data(), 17) == 0 &&
         std::memcmp(table.huffval, symbols_.data(), 256) == 0;
}

void HuffmanTable::build(JHUFF_TBL const& table) {
  if (same(table)) return;
  std::copy_n(table.bits, 17, lengths_.begin());
  std::copy_n(table.huffval, 256, symbols_.begin());
  built_ = true;
  lookup_.fill(0);
  int code = 0, symbol = 0;
  for (int length = 1; length <= 16; ++length, code <<= 1) {
    auto const at = static_cast<std::size_t>(length);
    first_value_[at] = symbol - code;
    for (int i = 0; i < lengths_[at]; ++i, ++code, ++symbol) {
      if (length <= lookup_bits)
        enter(static_cast<unsigned>(code), length, symbols_[static_cast<unsigned>(symbol)]);
    }
    end_code_[at] = code;
  }
}

/// All lookups that begin with the code.
void HuffmanTable::enter(unsigned code, int length, unsigned symbol) {
  int const spare = lookup_bits - length;
  std::fill_n(lookup_.begin() + (code << spare), 1U << spare,
              static_cast<std::uint16_t>(symbol << 8 | static_cast<unsigned>(length)));
}

int HuffmanTable::long_symbol(BitReader& reader) const {
  for (int length = lookup_bits + 1; length <= 16; ++length) {
    auto const code = static_cast<int>(reader.peek(length));
    auto const at = static_cast<std::size_t>(length);
    if (lengths_[at] == 0 || code >= end_code_[at]) continue;
    reader.skip(length);
    return symbols_[static_cast<std::size_t>(code + first_value_[at]) & 255U];
  }
  return -1;
}

void HuffmanDecoder::begin(jpeg_decompress_struct& info) {
  reader_ = {info.src->next_input_byte, info.src->next_input_byte + info.src->bytes_in_buffer};
  last_.fill(0);
  for (int i = 0; i < info.comps_in_scan; ++i) {
    auto const& component = *info.cur_comp_info[i];
    auto const at = static_cast<std::size_t>(i);
    auto const dc = static_cast<std::size_t>(component.dc_tbl_no),
               ac = static_cast<std::size_t>(component.ac_tbl_no);
    direct_[dc].build(*info.dc_huff_tbl_ptrs[dc]);
    alternating_[ac].build(*info.ac_huff_tbl_ptrs[ac]);
    dc_[at] = &direct_[dc];
    ac_[at] = &alternating_[ac];
  }
  restart_interval_ = until_restart_ = info.restart_interval;
  next_restart_ = 0;
}

char const* HuffmanDecoder::restart() {
  if (!reader_.restart(next_restart_)) return "Corrupt JPEG data: a restart marker is missing or premature";
  next_restart_ = (next_restart_ + 1) % 8;
  until_restart_ = restart_interval_;
  last_.fill(0);
  return nullptr;
}

char const* HuffmanDecoder::decode(jpeg_decompress_struct const& info, JBLOCKROW* blocks) {
  if (restart_interval_ > 0 && until_restart_-- == 0) {
    if (auto const* const why = restart(); why != nullptr) return why;
    --until_restart_;
  }
  BitReader reader = reader_;  // in registers
  for (int i = 0; i < info.blocks_in_MCU; ++i) {
    int const component = info.MCU_membership[i];
    bool const good = blocks != nullptr ? decode_block<true>(reader, component, blocks[i][0])
                                        : decode_block<false>(reader, component, nullptr);
    if (!good) return "Corrupt JPEG data: bad Huffman code";
  }
  reader_ = reader;
  return reader.overdrawn() ? "Corrupt JPEG data: premature end of data segment" : nullptr;
}

template <bool store>
bool HuffmanDecoder::decode_block(BitReader& reader, int component, std::int16_t* block) {
  auto const at = static_cast<std::size_t>(component);
  reader.fill();
  int const size = dc_[at]->next(reader);
  if (size < 0 || size > 15) return false;
  if (size > 0) last_[at] += static_cast<std::uint32_t>(reader.take_value(size));
  if constexpr (store) block[0] = static_cast<std::int16_t>(last_[at]);
  HuffmanTable const& table = *ac_[at];
  for (unsigned k = 1; k < 64; ++k) {
    if (reader.low()) reader.fill();
    int const symbol = table.next(reader);
    if (symbol < 0) return false;
    int const bits = symbol & 15;
    if (bits == 0 && symbol != 0xF0) break;
    k += static_cast<unsigned>(symbol) >> 4;
    if (bits == 0) continue;
    int const value = reader.take_value(bits);
    if constexpr (store) block[zigzag[k]] = static_cast<std::int16_t>(value);
  }
  return true;
}

}  // namespace muster::dataload
