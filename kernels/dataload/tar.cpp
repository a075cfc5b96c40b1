#include "kernels/dataload/tar.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
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

/// The bytes that a header of the archive's own is followed by, as many as such a one may have.
std::string read_text(std::ifstream& in, std::uint64_t size) {
  constexpr std::uint64_t most = 65536;
  std::string text(std::min(size, most), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

void put_octal(Block& block, Field field, std::uint64_t value) {
  auto const digits = fmt::format("{:0{}o}", value, field.length - 1);
  std::copy(digits.begin(), digits.end(), block.begin() + static_cast<std::ptrdiff_t>(field.at));
}

/// `name` is cut to its field: what is longer stands in a pax header before this one.
Block header_for(std::string const& name, std::uint64_t size, char type = '0') {
  Block block{};
  std::copy_n(name.begin(), std::min(name.size(), name_field.length - 1), block.begin());
  put_octal(block, mode_field, 0644);
  put_octal(block, owner_field, 0);
  put_octal(block, group_field, 0);
  put_octal(block, size_field, size);
  put_octal(block, time_field, 0);
  block[type_at] = type;
  std::memcpy(block.data() + magic_field.at, "ustar\00000", 8);
  auto const sum = fmt::format("{:06o}", checksum(block));
  std::memcpy(block.data() + checksum_field.at, sum.c_str(), 7);
  block[checksum_field.at + 7] = ' ';
  return block;
}

/// "LENGTH key=value\n", where the length counts itself.
std::string pax_record(std::string const& key, std::string const& value) {
  std::string const rest = " " + key + "=" + value + "\n";
  std::size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length)
    length = std::to_string(length).size() + rest.size();
  return std::to_string(length) + rest;
}

std::string padded(std::string text) {
  text.resize((text.size() + block_size - 1) / block_size * block_size);
  return text;
}

/// What a pax header says of the member after it; absent where it says nothing.
struct Extension {
  std::optional<std::string> name{};
  std::optional<std::uint64_t> size{};
};

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Absent when the records are not as POSIX has them.
std::optional<Extension> parse_pax(std::string_view text) {
  Extension extension;
  while (!text.empty() && text[0] != '\0') {
    auto const blank = text.find(' ');
    auto const length = blank == text.npos ? std::nullopt : decimal(text.substr(0, blank));
    if (!length || *length <= blank + 1 || *length > text.size() || text[*length - 1] != '\n')
      return std::nullopt;
    auto const record = text.substr(blank + 1, *length - blank - 2);
    auto const equals = record.find('=');
    if (equals == record.npos) return std::nullopt;
    if (record.substr(0, equals) == "path") extension.name = record.substr(equals + 1);
    if (record.substr(0, equals) == "size") {
      extension.size = decimal(record.substr(equals + 1));
      if (!extension.size) return std::nullopt;
    }
    text.remove_prefix(*length);
  }
  return extension;
}

}  // namespace

std::string tar_header(std::string const& name, std::uint64_t size) {
  constexpr std::uint64_t largest = (std::uint64_t{1} << 33) - 1;  // eleven octal digits
  std::string extension;
  if (name.size() >= name_field.length) extension += pax_record("path", name);
  if (size > largest) extension += pax_record("size", std::to_string(size));
  auto const as_text = [](Block const& block) { return std::string(block.begin(), block.end()); };
  std::string text;
  if (!extension.empty()) text = as_text(header_for("pax", extension.size(), 'x')) + padded(extension);
  return text + as_text(header_for(name, size > largest ? 0 : size));
}

namespace {

/// Goes from header to header.
class Lister {
 public:
  Lister(std::filesystem::path const& file) : file_(file), in_(file, std::ios::binary | std::ios::ate) {
    if (!in_) throw BadInput(fmt::format("cannot open '{}' ({})", file.string(), std::strerror(errno)));
    file_size_ = static_cast<std::uint64_t>(in_.tellg());
  }

  TarListing run() {
    while (at_ + block_size <= file_size_ && step()) {
    }
    return std::move(listing_);
  }

 private:
  /// False at the end of the archive, or of what can be understood of it.
  bool step() {
    Block block;
    in_.seekg(static_cast<std::streamoff>(at_));
    if (!in_.read(block.data(), block.size()))
      throw BadInput(fmt::format("cannot read '{}' at {}", file_.string(), at_));
    if (all_zero(block)) return false;
    auto size = number(block, size_field);
    if (number(block, checksum_field) != checksum(block) || !size)
      return stop(fmt::format("bad tar header at {}", at_));
    char const type = block[type_at];
    bool const of_archive = type == 'L' || type == 'K' || type == 'x' || type == 'g';
    if (!of_archive && next_.size) size = next_.size;
    std::string const name = of_archive || !next_.name ? full_name(block) : *next_.name;
    std::uint64_t const offset = at_ + block_size;
    if (*size > file_size_ - offset) return stop(fmt::format("ends inside {}", name));
    if (of_archive && !extend(type, *size)) return stop(fmt::format("bad pax header at {}", at_));
    if (type == '0' || type == '\0') listing_.members.push_back({name, offset, *size});
    if (!of_archive) next_ = {};
    at_ = offset + (*size + block_size - 1) / block_size * block_size;
    return true;
  }

  /// What this header says of the next member: GNU's long name, or pax's records.
  bool extend(char type, std::uint64_t size) {
    if (type == 'L') {
      std::string const text = read_text(in_, size);
      next_.name = text.substr(0, text.find('\0'));
    }
    if (type != 'x') return true;
    auto const said = parse_pax(read_text(in_, size));
    if (said && said->name) next_.name = said->name;
    if (said && said->size) next_.size = said->size;
    return said.has_value();
  }

  bool stop(std::string why) {
    listing_.fault = std::move(why);
    return false;
  }

  std::filesystem::path const& file_;
  std::ifstream in_;
  std::uint64_t file_size_ = 0, at_ = 0;
  Extension next_{};
  TarListing listing_{};
};

}  // namespace

TarListing list_tar(std::filesystem::path const& file) { return Lister(file).run(); }

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
  std::string const header = tar_header(name, bytes.size());
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
