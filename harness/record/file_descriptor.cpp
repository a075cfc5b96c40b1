#include "harness/record/file_descriptor.hpp"

#include <unistd.h>

#include <cerrno>

namespace muster {

int FileDescriptor::close() {
  int const number = std::exchange(number_, -1);
  return number >= 0 && ::close(number) != 0 ? errno : 0;
}

int write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t const written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int flush(int file) {
  if (::fdatasync(file) == 0 || errno == EINVAL) return 0;
  return errno;
}

}  // namespace muster
