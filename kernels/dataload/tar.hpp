// Tar shards (POSIX ustar, as WebDataset's): where the members lie, and writing new ones.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace muster::dataload {

struct TarMember {
  std::string name;
  std::uint64_t offset = 0;  ///< of its first byte in the file
  std::uint64_t size = 0;
};

struct TarListing {
  std::vector<TarMember> members{};  ///< regular files only, in the file's order
  std::string
      fault{};  ///< why the listing ended before the archive's end: "ends inside b.jpg", "bad header at 1024"
};

/// Members that reach past the end of the file are refused, never listed. GNU long names, base-256 sizes
/// and pax headers of single members are understood. Throws BadInput when the file cannot be read.
TarListing list_tar(std::filesystem::path const& file);

/// What stands before a member's bytes: a ustar header, and a pax header before it where the name (100
/// characters or more) or the size (8 GiB or more) needs one. The bytes are then filled up to a multiple of
/// 512; two blocks of zeros end the archive.
std::string tar_header(std::string const& name, std::uint64_t size);

/// Writes one archive. Throws DeviceError naming the file and the system's reason (disk full).
class TarWriter {
 public:
  explicit TarWriter(std::filesystem::path file);
  TarWriter(TarWriter const&) = delete;
  TarWriter& operator=(TarWriter const&) = delete;
  ~TarWriter();
  /// Offset of the member's bytes.
  std::uint64_t add(std::string const& name, std::span<std::byte const> bytes);
  void finish();  ///< end marker, flushed to the device

 private:
  void write(void const* data, std::size_t size);

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t position_ = 0;
};

}  // namespace muster::dataload
