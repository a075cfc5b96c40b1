// Reads that overlap: a request goes in, its bytes come out later. Engines that do the same: a pool of
// threads that call pread, io_uring, and on the cuda side cuFile.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/dataload/options.hpp"

namespace muster::dataload {

/// Files opened for reading, all in the same way. A small set stays open; of a large one (a file for each
/// picture) a file is opened for each read, as any loader of such a set must.
class InputFiles {
 public:
  /// Io::direct falls back to buffered for the whole set when the filesystem refuses O_DIRECT; note() says
  /// so. Throws BadInput naming a file that cannot be opened.
  InputFiles(std::vector<std::filesystem::path> paths, Io io);
  InputFiles(InputFiles const&) = delete;
  InputFiles& operator=(InputFiles const&) = delete;
  ~InputFiles();

  Io io() const { return io_; }                         ///< what is used, which may not be what was asked for
  std::size_t alignment() const { return alignment_; }  ///< of offset, length and memory; 1 when buffered
  std::string const& note() const {
    return note_;
  }  ///< why io() differs, or that the files lie in RAM; "" otherwise
  std::filesystem::path const& path(std::uint32_t file) const { return paths_[file]; }
  std::uint64_t size(std::uint32_t file) const;  ///< bytes; throws BadInput
  std::size_t count() const { return paths_.size(); }

  /// A descriptor to read `file` with, to be given back with release(); may be called from several threads.
  /// Negative: minus the error number.
  int acquire(std::uint32_t file) const;
  /// With Io::dropped the range that was read is let go of.
  void release(int descriptor, std::uint64_t offset, std::size_t length) const;
  /// With Io::dropped: lets go of all of the files that are kept open (the rest are as they are opened), what
  /// the kernel has read ahead included. Nothing otherwise.
  void drop_all() const;

  bool keeps_open() const { return !kept_.empty(); }  ///< acquire() gives the same descriptor each time
  bool in_memory() const { return in_memory_; }       ///< they lie in RAM (tmpfs, ramfs)

 private:
  int open_one(std::uint32_t file) const;
  std::string refusal() const;
  void find_alignment();
  void note_memory_filesystem();

  std::vector<std::filesystem::path> paths_;
  std::vector<int> kept_{};  ///< open descriptors; empty for a large set
  Io io_;
  std::size_t alignment_ = 1;
  std::string note_{};
  bool in_memory_ = false;
};

/// Bytes [offset, offset + length) of a file to `into`. With Io::direct all three are multiples of
/// InputFiles::alignment(), and the range may reach past the end of the file by less than one alignment.
struct ReadRequest {
  std::uint32_t file = 0;
  std::uint64_t offset = 0;
  std::size_t length = 0;
  std::size_t needed = 0;  ///< bytes from `offset` that must come; fewer (a file that shrank) is an error
  std::byte* into = nullptr;
  std::uint64_t tag = 0;  ///< handed back by wait()
};

/// Which way an engine's reads went.
struct PathProof {
  std::string text;     ///< "GPUDirect Storage, proven: 1,234 reads by nvidia-fs, 0 by POSIX"
  std::string warning;  ///< when it is not the way that the engine stands for; "" otherwise
};

class ReadEngine {
 public:
  virtual ~ReadEngine() = default;                        ///< waits for the reads in flight
  virtual std::string name() const = 0;                   ///< "pread" or "io_uring"
  virtual std::string details() const { return name(); }  ///< "io_uring, registered buffers"
  /// Of all reads so far, where there is more than one way.
  virtual std::optional<PathProof> path_proof() const { return std::nullopt; }
  virtual int depth() const = 0;
  /// At most depth() requests may be in flight. One thread at a time calls submit() and wait().
  virtual void submit(ReadRequest const& request) = 0;
  /// The tag of one finished request. Throws DeviceError naming file and offset when it failed.
  virtual std::uint64_t wait() = 0;
};

struct EngineChoice {
  std::unique_ptr<ReadEngine> engine;
  std::string note;  ///< why this is not the engine that was asked for; "" when it is
};

/// Engine::automatic takes io_uring where the kernel lets us, else pread, both without a note. `files`
/// outlives the engine. `memory`: where all requests read to, for io_uring to register; may be empty.
EngineChoice make_engine(Engine wanted, int depth, InputFiles const& files, std::span<std::byte> memory);

/// The message of a read that failed; `error`: the error number, 0 when the file ended early.
std::string read_failure(InputFiles const& files, ReadRequest const& request, int error);

std::unique_ptr<ReadEngine> make_pread_engine(int depth, InputFiles const& files);
/// Null where the kernel refuses or the build lacks liburing, with the reason in `why`.
std::unique_ptr<ReadEngine> make_uring_engine(int depth, InputFiles const& files, std::span<std::byte> memory,
                                              std::string& why);

}  // namespace muster::dataload
