#include "kernels/dataload/tar.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <utility>

#include "kernels/contract/error.hpp"

namespace muster::dataload {
namespace {

constexpr std::uint64_t block_size = 512;
using Block = std::array<char, block_size>;

struct Field {
  std::size_t at, length;
};
constexpr Field name_field{0, 100}, mode_field{100, 8}, owner_field{108, 8}, group_field{116, 8},
    size_field{124, 12}, time_field{136, 12}, checksum_field{148, 8}, magic_field{257, 5},
    prefix_field{345, 155};
constexpr std::size_t type_at = 156;

std::string text(Block const& block, Field field) {
  char const* const begin = block.data() + field.at;
  return {begin, std::find(begin, begin + field.length, '\0')};
}

/// Octal digits, or GNU's base 256 (first bit set). Absent when it is neither, or too large.
std::optional<std::uint64_t> number(Block const& block, Field field) {
  auto const first = static_cast<unsigned char>(block[field.at]);
  std::uint64_t value = first == 0x80 ? 0 : first & 0x7F;
  if (first & 0x80) {
    for (std::size_t i = 1; i < field.length; ++i) {
      if (value >> 55) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(block[field.at + i]);
    }
    return value;
  }
  value = 0;
  for (char const c : text(block, field)) {
    if (c == ' ') continue;
    if (c < '0' || c > '7') return std::nullopt;
    value = value << 3 | static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::uint64_t checksum(Block const& block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block_size; ++i) {
    bool const own = i >= checksum_field.at && i < checksum_field.at + checksum_field.length;
    sum += own ? static_cast<unsigned char>(' ') : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

std::string full_name(Block const& block) {
  bool const ustar = text(block, magic_field) == "ustar";
  std::string const prefix = ustar ? text(block, prefix_field) : "";
  return prefix.empty() ? text(block, name_field) : prefix + "/" + text(block, name_field);
}

bool all_zero(Block const& block) {
  return std::ranges::all_of(block, [](char c) { return c == '\0'; });
}

std::string read_long_name(std::ifstream& in, std::uint64_t size) {
  std::string name(std::min<std::uint64_t>(size, 4096), '\0');
  in.read(name.data(), static_cast<std::streamsize>(name.size()));
  return name.substr(0, name.find('\0'));
}

void put_octal(Block& block, Field field, std::uint64_t value) {
  auto const digits = fmt::format("{:0{}o}", value, field.length - 1);
  std::copy(digits.begin(), digits.end(), block.begin() + static_cast<std::ptrdiff_t>(field.at));
}

Block header_for(std::string const& name, std::uint64_t size) {
  if (name.size() >= name_field.length) throw std::invalid_argument("tar member name too long: " + name);
  Block block{};
  std::copy(name.begin(), name.end(), block.begin());
  put_octal(block, mode_field, 0644);
  put_octal(block, owner_field, 0);
  put_octal(block, group_field, 0);
  put_octal(block, size_field, size);
  put_octal(block, time_field, 0);
  block[type_at] = '0';
  std::memcpy(block.data() + magic_field.at, "ustar\00000", 8);
  auto const sum = fmt::format("{:06o}", checksum(block));
  std::memcpy(block.data() + checksum_field.at, sum.c_str(), 7);
  block[checksum_field.at + 7] = ' ';
  return block;
}

}  // namespace

TarListing list_tar(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) throw BadInput(fmt::format("cannot open '{}' ({})", file.string(), std::strerror(errno)));
  auto const file_size = static_cast<std::uint64_t>(in.tellg());
  TarListing listing;
  std::string long_name;
  for (std::uint64_t at = 0; at + block_size <= file_size;) {
    Block block;
    in.seekg(static_cast<std::streamoff>(at));
    if (!in.read(block.data(), block.size()))
      throw BadInput(fmt::format("cannot read '{}' at {}", file.string(), at));
    if (all_zero(block)) return listing;
    auto const size = number(block, size_field);
    if (number(block, checksum_field) != checksum(block) || !size) {
      listing.fault = fmt::format("bad tar header at {}", at);
      return listing;
    }
    std::string const name = long_name.empty() ? full_name(block) : std::exchange(long_name, "");
    std::uint64_t const offset = at + block_size;
    if (*size > file_size - offset) {
      listing.fault = fmt::format("ends inside {}", name);
      return listing;
    }
    if (block[type_at] == 'L') long_name = read_long_name(in, *size);
    if (block[type_at] == '0' || block[type_at] == '\0') listing.members.push_back({name, offset, *size});
    at = offset + (*size + block_size - 1) / block_size * block_size;
  }
  return listing;
}

TarWriter::TarWriter(std::filesystem::path file) : path_(std::move(file)) {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    throw DeviceError(fmt::format("cannot create '{}' ({})", path_.string(), std::strerror(errno)));
}

TarWriter::~TarWriter() { ::close(descriptor_); }

void TarWriter::write(void const* data, std::size_t size) {
  auto const* from = static_cast<char const*>(data);
  while (size > 0) {
    auto const written = ::write(descriptor_, from, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw DeviceError(fmt::format("cannot write '{}' ({}); free some space or choose another cache folder",
                                    path_.string(), std::strerror(errno)));
    }
    from += written;
    size -= static_cast<std::size_t>(written);
    position_ += static_cast<std::uint64_t>(written);
  }
}

std::uint64_t TarWriter::add(std::string const& name, std::span<std::byte const> bytes) {
  Block const header = header_for(name, bytes.size());
  write(header.data(), header.size());
  std::uint64_t const offset = position_;
  write(bytes.data(), bytes.size());
  Block const zeros{};
  if (auto const over = position_ % block_size; over != 0) write(zeros.data(), block_size - over);
  return offset;
}

void TarWriter::finish() {
  Block const zeros{};
  write(zeros.data(), zeros.size());
  write(zeros.data(), zeros.size());
  if (::fsync(descriptor_) != 0) {
    throw DeviceError(fmt::format("cannot flush '{}' ({})", path_.string(), std::strerror(errno)));
  }
}

}  // namespace muster::dataload
