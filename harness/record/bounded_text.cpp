#include "harness/record/bounded_text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "harness/core/error.hpp"
#include "harness/record/file_descriptor.hpp"

namespace muster {
namespace {

class Reading {
 public:
  Reading(std::filesystem::path const& file, std::size_t limit, int patience_seconds)
      : file_(file),
        limit_(limit),
        patience_seconds_(patience_seconds),
        // without O_NONBLOCK, opening a pipe waits for whoever might write to it one day
        descriptor_(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) {
    if (!descriptor_.open()) cannot_read();
    check_kind();
  }

  std::string text() {
    std::string text;
    std::array<char, 1 << 16> buffer{};
    while (auto const count = next(buffer)) {
      text.append(buffer.data(), count);
      if (text.size() > limit_) refuse(fmt::format("more than {} bytes (no document has that many)", limit_));
    }
    return text;
  }

 private:
  [[noreturn]] void refuse(std::string const& why) const {
    throw Error(ExitCode::usage, fmt::format("{}: {}", file_.string(), why));
  }

  [[noreturn]] void cannot_read() const {
    auto const reason = std::generic_category().message(errno);
    if (errno == ENOENT || errno == ENOTDIR) refuse(reason + " (give a result document or a run's folder)");
    throw Error(ExitCode::infrastructure, fmt::format("cannot read {} ({})", file_.string(), reason));
  }

  void check_kind() const {
    struct stat status {};
    if (::fstat(descriptor_.get(), &status) != 0) cannot_read();
    if (S_ISDIR(status.st_mode)) refuse("is a folder (a result document is a file)");
    if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
      refuse("is a device (a result document is a file, or a pipe)");
    auto const bytes = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
    if (bytes > limit_) refuse(fmt::format("{} bytes (a document has at most {})", bytes, limit_));
  }

  /// 0 at the end.
  std::size_t next(std::array<char, 1 << 16>& buffer) const {
    for (;;) {
      ssize_t const count = ::read(descriptor_.get(), buffer.data(), buffer.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno == EAGAIN) {
        wait();
      } else if (errno != EINTR) {
        cannot_read();
      }
    }
  }

  void wait() const {
    pollfd waiting{descriptor_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, patience_seconds_ * 1000) == 0)
      refuse(fmt::format("a pipe that said nothing for {} s", patience_seconds_));
  }

  std::filesystem::path const& file_;
  std::size_t limit_;
  int patience_seconds_;
  FileDescriptor descriptor_;
};

}  // namespace

std::string bounded_text(std::filesystem::path const& file, std::size_t limit, int patience_seconds) {
  return Reading(file, limit, patience_seconds).text();
}

}  // namespace muster
