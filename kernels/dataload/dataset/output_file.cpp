#include "kernels/dataload/dataset/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace muster::dataload {
namespace {

char const* remedy(int reason) {
  switch (reason) {
    case ENOSPC:
      return "free some space";
    case EDQUOT:
      return "free some of your quota";
    case EFBIG:
      return "raise the limit on file sizes (ulimit -f)";
    case EIO:
      return "check the disk (dmesg)";
    default:
      return "make the folder writable";
  }
}

/// A name is on the device only when its folder is.
void flush_folder(std::filesystem::path const& folder) {
  int const descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw cannot_write(folder, errno);
  int const reason = ::fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
  ::close(descriptor);
  if (reason != 0) throw cannot_write(folder, reason);
}

}  // namespace

NotSaved cannot_write(std::filesystem::path const& file, int reason) {
  return NotSaved(
      fmt::format("cannot write '{}' ({}) {}, then give the same command again: whole shards are kept",
                  file.string(), std::strerror(reason), remedy(reason)));
}

OutputFile::OutputFile(std::filesystem::path path)
    : path_(std::move(path)), unfinished_(path_.string() + unfinished_suffix) {
  descriptor_ = ::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor_ < 0) throw cannot_write(path_, errno);
}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(unfinished_.c_str());
}

void OutputFile::write(void const* data, std::size_t size) {
  auto const* from = static_cast<char const*>(data);
  while (size > 0) {
    constexpr std::size_t at_once = std::size_t{1} << 30;
    auto const written = ::write(descriptor_, from, std::min(size, at_once));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw cannot_write(path_, errno);
    from += written;
    size -= static_cast<std::size_t>(written);
    position_ += static_cast<std::uint64_t>(written);
  }
}

void OutputFile::finish() {
  if (::fsync(descriptor_) != 0 && errno != EINVAL) throw cannot_write(path_, errno);
  int const closed = ::close(descriptor_) == 0 ? 0 : errno;
  descriptor_ = -1;
  if (closed != 0 || ::rename(unfinished_.c_str(), path_.c_str()) != 0) {
    int const reason = closed != 0 ? closed : errno;
    ::unlink(unfinished_.c_str());
    throw cannot_write(path_, reason);
  }
  flush_folder(path_.parent_path());
}

}  // namespace muster::dataload
