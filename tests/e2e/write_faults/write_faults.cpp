// A disk that is slow or full, for the real program: loaded before the C library (LD_PRELOAD), it stands
// between the program and the calls that write checkpoints. MUSTER_TEST_FLUSH_SECONDS: how much longer every
// fdatasync takes. MUSTER_TEST_FULL_AFTER: from this call of pwrite on there is no space left.
#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace {

double number_of(char const* name) {
  char const* const text = std::getenv(name);
  return text ? std::atof(text) : 0;
}

template <class Call>
ssize_t write_unless_full(char const* name, int descriptor, void const* from, std::size_t size, Call offset) {
  static std::atomic<long> calls{0};
  static double const full_after = number_of("MUSTER_TEST_FULL_AFTER");
  if (full_after > 0 && static_cast<double>(++calls) >= full_after) {
    errno = ENOSPC;
    return -1;
  }
  using Function = ssize_t (*)(int, void const*, std::size_t, Call);
  static auto const real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
  return real(descriptor, from, size, offset);
}

}  // namespace

extern "C" {
int fdatasync(int descriptor) {
  static double const seconds = number_of("MUSTER_TEST_FLUSH_SECONDS");
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  static auto const real = reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, "fdatasync"));
  return real(descriptor);
}
ssize_t pwrite(int descriptor, void const* from, std::size_t size, off_t offset) {
  return write_unless_full("pwrite", descriptor, from, size, offset);
}
ssize_t pwrite64(int descriptor, void const* from, std::size_t size, off64_t offset) {
  return write_unless_full("pwrite64", descriptor, from, size, offset);
}
}
