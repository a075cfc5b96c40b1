// One rank's files of a checkpoint: written past the page cache, seen under their names only when they are
// whole and on storage, read back and checked.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "kernels/dataload/storage.hpp"

namespace muster::train {

/// The system's calls that write; tests put their own in between. Negative results are -errno.
class FileLayer {
 public:
  virtual ~FileLayer() = default;
  virtual int create(std::filesystem::path const& path, bool direct);  ///< a descriptor to write and read
  virtual int reserve(int descriptor, std::uint64_t bytes);            ///< room for so many
  virtual std::int64_t write(int descriptor, std::span<std::byte const> bytes, std::uint64_t at);
  virtual int flush(int descriptor);  ///< contents and size are on storage after it
  virtual int rename(std::filesystem::path const& from, std::filesystem::path const& to);
  virtual std::uint64_t free_bytes(std::filesystem::path const& folder);
  virtual dataload::Storage storage_under(std::filesystem::path const& folder);
};

/// Which bytes of the state a rank's file holds, and of when. In the file's last block, as text, behind the
/// bytes themselves; with their XXH3.
struct CheckpointHead {
  std::uint64_t step = 0;
  std::uint64_t begin = 0, end = 0;  ///< bytes of the state
  int rank = 0;
  bool operator==(CheckpointHead const&) const = default;
  std::uint64_t bytes() const { return end - begin; }
};

/// Two files of a rank in `folder`, written in turn, so that a whole one is there at any time. Direct writes
/// (O_DIRECT) where the filesystem takes them.
class CheckpointFiles {
 public:
  static constexpr std::uint64_t block = 4096;           ///< of direct writes
  static constexpr std::uint64_t piece = 8ULL << 20;     ///< bytes of one write
  static std::uint64_t file_bytes(std::uint64_t bytes);  ///< with padding and footer

  /// Makes the folder and tries it. Throws BadInput where it cannot be written, Unsupported where it lies in
  /// RAM.
  CheckpointFiles(std::filesystem::path folder, int rank, FileLayer& layer);
  CheckpointFiles(CheckpointFiles const&) = delete;
  CheckpointFiles& operator=(CheckpointFiles const&) = delete;
  ~CheckpointFiles();  ///< removes the files, and the folder once it is empty

  /// Throws BadInput when `files` of so many bytes do not fit.
  void require_space(std::uint64_t bytes, std::uint64_t files) const;

  /// `memory`: from a multiple of `block` on, file_bytes(head.bytes()) of it; the state's bytes come first,
  /// the rest is filled in here. Returns when they are on storage. Throws DeviceError, or BadInput for what
  /// the user can change (no space left, no permission); nothing is left behind then, and the file before
  /// stays.
  void write(CheckpointHead const& head, std::span<std::byte> memory);

  /// Reads the newest file whole, from storage: "", or what is wrong with it.
  std::string fault(CheckpointHead const& expected) const;
  /// Bytes of the state, from the newest file, which holds them. Throws DeviceError.
  void read(std::uint64_t at, std::span<std::byte> into) const;

  bool direct() const { return direct_; }
  std::string const& note() const { return note_; }  ///< why writes are not direct; "" where they are
  std::filesystem::path const& newest() const { return names_[newest_]; }
  std::string place() const;  ///< "ext4 on nvme0n1p2"

 private:
  void make_folder();
  void hold_folder();
  void remove_all();
  void try_folder();
  void write_unfinished(CheckpointHead const& head, std::span<std::byte> memory);

  std::filesystem::path folder_;
  FileLayer& layer_;
  std::array<std::filesystem::path, 2> names_;
  std::filesystem::path unfinished_;
  std::size_t newest_ = 1;
  CheckpointHead head_{};
  bool direct_ = true;
  int held_ = -1;  ///< the folder, locked as long as this rank uses it
  std::string note_{};
};

/// Removes folders of this name and a number under `cache` that nobody uses any more: those of runs that were
/// killed.
void remove_leftovers(std::filesystem::path const& cache, std::string const& name);

}  // namespace muster::train
