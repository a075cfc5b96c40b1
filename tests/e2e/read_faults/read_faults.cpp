// A disk that fails or is slow, for the real program: loaded before the C library (LD_PRELOAD), it stands
// between the program and pread. MUSTER_TEST_READ_FAULT says when and how: "shard- 500 5": from the 500th
// call on, reads of files whose path holds "shard-" fail with error number 5 (EIO). "shard- 500 0 20": they
// succeed 20 milliseconds later.
#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <string>

namespace {

struct Fault {
  std::string path{};
  long calls = 0;
  int error = 0;
  useconds_t milliseconds = 0;
};

Fault const& fault() {
  static Fault const planted = [] {
    Fault read;
    char const* const text = std::getenv("MUSTER_TEST_READ_FAULT");
    std::istringstream(text ? text : "") >> read.path >> read.calls >> read.error >> read.milliseconds;
    return read;
  }();
  return planted;
}

bool is_meant(int descriptor) {
  static std::atomic<long> calls{0};
  if (fault().path.empty()) return false;
  char path[4096];
  auto const length = readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path, sizeof path);
  bool const meant = length > 0 && std::string(path, static_cast<std::size_t>(length)).find(fault().path) !=
                                       std::string::npos;
  return meant && ++calls >= fault().calls;
}

template <class Call>
ssize_t pass_on(char const* name, int descriptor, void* into, std::size_t size, Call offset) {
  if (is_meant(descriptor)) {
    usleep(1000 * fault().milliseconds);
    if (fault().error != 0) {
      errno = fault().error;
      return -1;
    }
  }
  using Function = ssize_t (*)(int, void*, std::size_t, Call);
  static auto const real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
  return real(descriptor, into, size, offset);
}

}  // namespace

extern "C" {
ssize_t pread(int descriptor, void* into, std::size_t size, off_t offset) {
  return pass_on("pread", descriptor, into, size, offset);
}
ssize_t pread64(int descriptor, void* into, std::size_t size, off64_t offset) {
  return pass_on("pread64", descriptor, into, size, offset);
}
}
