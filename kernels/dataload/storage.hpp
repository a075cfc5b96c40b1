// What lies under a file, and what the kernel counts of reads that reach it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "kernels/contract/work.hpp"

namespace muster::dataload {

/// Where the kernel tells: other folders in tests.
struct KernelFolders {
  std::filesystem::path sys = "/sys";
  std::filesystem::path proc = "/proc";
};

/// The filesystem of a file, and the block devices at its bottom: those below a RAID or a volume, in place of
/// it.
struct Storage {
  std::string filesystem;                        ///< "ext4", "tmpfs", "nfs4"; "unknown"
  std::vector<std::filesystem::path> devices{};  ///< their folders in /sys; none: see why_unknown
  std::string why_unknown{};  ///< "overlay has no block device of its own"; "" where there are devices

  bool in_memory() const { return filesystem == "tmpfs" || filesystem == "ramfs"; }
};

Storage storage_under(std::filesystem::path const& file, KernelFolders const& kernel = {});

/// The same of a device number, of which `mounts` (the text of /proc/self/mountinfo) says what is mounted.
Storage storage_of(unsigned major, unsigned minor, std::string const& mounts, KernelFolders const& kernel);

/// "ext4 on nvme0n1p2", "nfs4 (nfs4 has no block device of its own)".
std::string describe(Storage const& storage);

/// Bytes that all processes have read from these devices so far. Absent where a device does not tell.
std::optional<std::uint64_t> device_bytes_read(Storage const& storage);

/// Bytes that this process has had fetched from storage so far: whatever filesystem lies above, but no page
/// that was cached. Absent where the kernel does not count.
std::optional<std::uint64_t> process_bytes_read(KernelFolders const& kernel = {});

/// How much of what a case asked for came from the device, over any number of spans of time.
class StorageMeter {
 public:
  explicit StorageMeter(Storage storage, KernelFolders kernel = {});
  void begin();
  /// `asked`: bytes that were asked for, and delivered, since begin().
  void end(std::uint64_t asked);

  /// The shares as they would be if the span ended here with so many bytes.
  StorageMeter so_far(std::uint64_t asked) const;

  Storage const& storage() const { return storage_; }
  std::uint64_t asked() const { return asked_; }
  /// Bytes read from the devices, by whoever, for each one asked for. Absent: unknown, or nothing was asked.
  std::optional<double> device_share() const { return share(device_bytes_); }
  /// Bytes that this process fetched from storage for each one asked for.
  std::optional<double> process_share() const { return share(process_bytes_); }

 private:
  using Bytes = std::optional<std::uint64_t>;
  std::optional<double> share(Bytes bytes) const;

  Storage storage_;
  KernelFolders kernel_;
  Bytes device_at_begin_{}, process_at_begin_{};
  Bytes device_bytes_{0}, process_bytes_{0};
  std::uint64_t asked_ = 0;
};

/// device_bytes_share, process_bytes_share and, of buffered reads, page_cache_share, as far as they are
/// known.
std::vector<Figure> figures_of(StorageMeter const& meter, bool buffered);

/// What is to be said of direct or dropped reads of which far less was read from storage than was asked for;
/// "" when nothing is.
std::string cache_warning(StorageMeter const& meter);

}  // namespace muster::dataload
