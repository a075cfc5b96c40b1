#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/read_engine.hpp"

namespace muster::dataload {
namespace {

constexpr std::size_t most_kept_open = 256;  // far below the usual limit of 1024 descriptors
constexpr std::size_t usual_alignment = 4096;

/// What has not been written to the device yet cannot be let go of.
void drop_whole(int descriptor) {
  ::fdatasync(descriptor);
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
}

}  // namespace

InputFiles::InputFiles(std::vector<std::filesystem::path> paths, Io io) : paths_(std::move(paths)), io_(io) {
  if (paths_.empty()) throw BadInput("there are no files to read");
  if (io_ == Io::direct) find_alignment();
  if (std::string const why = io_ == Io::direct ? refusal() : ""; !why.empty()) {
    io_ = Io::buffered;
    alignment_ = 1;
    note_ = fmt::format(
        "direct reads of '{}' are refused ({}): buffered reads are measured, the page cache may serve them",
        paths_[0].parent_path().string(), why);
  }
  note_memory_filesystem();
  for (std::uint32_t file = 0; file < paths_.size(); ++file) {
    bool const keep = paths_.size() <= most_kept_open;
    if (!keep && file > 0) break;
    int const descriptor = open_one(file);
    if (descriptor < 0) {
      for (int const open : kept_) ::close(open);
      throw BadInput(fmt::format("cannot open '{}' ({})", paths_[file].string(), std::strerror(-descriptor)));
    }
    if (keep) {
      kept_.push_back(descriptor);
    } else {
      ::close(descriptor);
    }
  }
  drop_all();
}

InputFiles::~InputFiles() {
  for (int const descriptor : kept_) ::close(descriptor);
}

std::uint64_t InputFiles::size(std::uint32_t file) const {
  std::error_code error;
  auto const size = std::filesystem::file_size(paths_[file], error);
  if (error) throw BadInput(fmt::format("cannot look at '{}' ({})", paths_[file].string(), error.message()));
  return size;
}

int InputFiles::open_one(std::uint32_t file) const {
  int const descriptor =
      ::open(paths_[file].c_str(), O_RDONLY | O_CLOEXEC | (io_ == Io::direct ? O_DIRECT : 0));
  return descriptor < 0 ? -errno : descriptor;
}

int InputFiles::acquire(std::uint32_t file) const {
  if (!kept_.empty()) return kept_[file];
  int const descriptor = open_one(file);
  if (io_ == Io::dropped && descriptor >= 0) drop_whole(descriptor);
  return descriptor;
}

/// Whole pages: those at the ends as well, which the kernel would keep.
void InputFiles::release(int descriptor, std::uint64_t offset, std::size_t length) const {
  if (descriptor < 0) return;
  if (io_ == Io::dropped) {
    std::uint64_t const begin = offset / usual_alignment * usual_alignment;
    std::uint64_t const end = (offset + length + usual_alignment - 1) / usual_alignment * usual_alignment;
    ::posix_fadvise(descriptor, static_cast<off_t>(begin), static_cast<off_t>(end - begin),
                    POSIX_FADV_DONTNEED);
  }
  if (kept_.empty()) ::close(descriptor);
}

void InputFiles::drop_all() const {
  if (io_ != Io::dropped) return;
  for (int const descriptor : kept_) drop_whole(descriptor);
}

/// From statx where kernel and filesystem say (Linux 6.1); a size of 0 there means that direct reads are not
/// supported.
void InputFiles::find_alignment() {
  alignment_ = usual_alignment;
#ifdef STATX_DIOALIGN
  struct statx status {};
  if (::statx(AT_FDCWD, paths_[0].c_str(), 0, STATX_DIOALIGN, &status) != 0) return;
  if ((status.stx_mask & STATX_DIOALIGN) == 0 || status.stx_dio_offset_align == 0) return;
  alignment_ = std::max<std::size_t>(status.stx_dio_mem_align, status.stx_dio_offset_align);
#endif
}

/// Some filesystems refuse at open, others (an overlay over squashfs) only at the first read: so one is made.
std::string InputFiles::refusal() const {
  int const descriptor = open_one(0);
  if (descriptor == -EINVAL || descriptor == -EOPNOTSUPP) return std::strerror(-descriptor);
  if (descriptor < 0) return {};  // not about direct reads: reported by the constructor
  HostMemory const probe = allocate_pages(alignment_);
  bool const failed = ::pread(descriptor, probe.get(), alignment_, 0) < 0;
  std::string const why = failed ? std::strerror(errno) : "";
  ::close(descriptor);
  return why;
}

void InputFiles::note_memory_filesystem() {
  struct statfs status {};
  if (::statfs(paths_[0].c_str(), &status) != 0) return;
  auto const type = static_cast<unsigned long>(status.f_type);
  in_memory_ = type == TMPFS_MAGIC || type == RAMFS_MAGIC;
  if (!in_memory_) return;
  note_ += fmt::format("{}'{}' lies in RAM (tmpfs): its read figures are memory's, no disk's",
                       note_.empty() ? "" : "; ", paths_[0].parent_path().string());
}

}  // namespace muster::dataload
