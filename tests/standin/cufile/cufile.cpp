// Stand-in for libcufile: pread, then into device memory. Stricter than the real one: reads go into
// registered memory only, and whoever closes the driver must have given everything back.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>

#include "kernels/dataload/cufile_types.hpp"
#include "tests/standin/cudart/hooks.hpp"
#include "tests/standin/support/faults.hpp"

#if __has_include(<cufile.h>)
#include <cufile.h>
static_assert(sizeof(muster::cuda::CufileStatus) == sizeof(CUfileError_t));
static_assert(sizeof(muster::cuda::CufileDescription) == sizeof(CUfileDescr_t));
static_assert(sizeof(muster::cuda::CufileCounters) == sizeof(CUfileStatsLevel3_t));
static_assert(offsetof(muster::cuda::CufileCounters, of_gpu) == offsetof(CUfileStatsLevel3_t, per_gpu_stats));
static_assert(offsetof(muster::cuda::CufileGpuCounters, nvfs_reads) ==
              offsetof(CUfilePerGpuStats_t, n_nvfs_reads));
static_assert(offsetof(muster::cuda::CufileGpuCounters, p2p_reads) ==
              offsetof(CUfilePerGpuStats_t, n_p2p_reads));
static_assert(offsetof(muster::cuda::CufileGpuCounters, posix_reads) ==
              offsetof(CUfilePerGpuStats_t, n_posix_reads));
#endif

using namespace muster::standin;
using muster::cuda::CufileCounters;
using muster::cuda::CufileDescription;
using muster::cuda::CufileHandle;
using muster::cuda::CufileStatus;

namespace {

struct State {
  std::mutex mutex{};
  int opened = 0;
  std::set<int*> files{};
  std::map<char const*, std::size_t> buffers{};
  bool counting = false;
  CufileCounters counters{};
};

State& state() {
  static State one;
  return one;
}

bool scenario(std::string_view word) {
  char const* const text = std::getenv("MUSTER_STANDIN_CUFILE");
  return text != nullptr && std::string_view(text).find(word) != std::string_view::npos;
}

/// 0, or what the tests want.
CufileStatus plainly(char const* function) { return {injected(function).value_or(0), 0}; }

bool registered(State const& s, char const* base, std::size_t bytes) {
  auto const found = s.buffers.find(base);
  return found != s.buffers.end() && bytes <= found->second;
}

void count() {
  auto& s = state();
  std::lock_guard const lock(s.mutex);
  auto& gpu = s.counters.of_gpu[0];
  if (!s.counting) return;
  s.counters.gpus = 1;
  ++gpu.reads;
  bool const posix = scenario("posix") || (scenario("mixed") && gpu.reads % 2 == 0);
  ++(posix ? gpu.posix_reads : scenario("p2p") ? gpu.p2p_reads : gpu.nvfs_reads);
}

struct FreeAligned {
  void operator()(void* memory) const { std::free(memory); }
};

/// As O_DIRECT wants it, then into the "device".
ssize_t copy_in(int descriptor, char* into, std::size_t size, off_t offset) {
  constexpr std::size_t page = 4096;
  std::unique_ptr<void, FreeAligned> const memory(std::aligned_alloc(page, (size + page - 1) / page * page));
  auto const got = ::pread(descriptor, memory.get(), size, offset);
  if (got > 0) std::memcpy(into, memory.get(), static_cast<std::size_t>(got));
  return got;
}

}  // namespace

// NOLINTBEGIN: the names are cuFile's
extern "C" {

CufileStatus cuFileDriverOpen() {
  auto const status = plainly("cuFileDriverOpen");
  if (status.error == 0) ++state().opened;
  return status;
}

CufileStatus cuFileDriverClose_v2() {
  auto& s = state();
  if (!s.files.empty() || !s.buffers.empty()) {
    std::fputs("stand-in cuFile: the driver is closed while files or buffers are registered\n", stderr);
    std::abort();
  }
  --s.opened;
  s.counting = false;
  return {};
}

CufileStatus cuFileHandleRegister(CufileHandle* handle, CufileDescription* description) {
  auto& s = state();
  if (s.opened == 0) return {5001, 0};
  if (description->type != 1) return {5022, 0};
  auto const status = plainly("cuFileHandleRegister");
  if (status.error != 0) return status;
  std::lock_guard const lock(s.mutex);
  auto* const file = new int(description->file.descriptor);
  s.files.insert(file);
  *handle = file;
  return {};
}

void cuFileHandleDeregister(CufileHandle handle) {
  auto& s = state();
  std::lock_guard const lock(s.mutex);
  if (s.files.erase(static_cast<int*>(handle)) == 0) std::abort();
  delete static_cast<int*>(handle);
}

CufileStatus cuFileBufRegister(void const* base, std::size_t length, int) {
  auto& s = state();
  if (!muster_standin_is_device_memory(base, length)) return {5013, 0};
  auto const status = plainly("cuFileBufRegister");
  if (status.error != 0) return status;
  std::lock_guard const lock(s.mutex);
  return {s.buffers.emplace(static_cast<char const*>(base), length).second ? 0 : 5023, 0};
}

CufileStatus cuFileBufDeregister(void const* base) {
  auto& s = state();
  std::lock_guard const lock(s.mutex);
  return {s.buffers.erase(static_cast<char const*>(base)) == 1 ? 0 : 5024, 0};
}

ssize_t cuFileRead(CufileHandle handle, void* base, std::size_t size, off_t file_offset,
                   off_t buffer_offset) {
  auto const planted = fault("cuFileRead");
  if (planted && planted->kind == Fault::Kind::hang) hang();
  if (planted && planted->kind == Fault::Kind::delay) delay(planted->value);
  if (planted && planted->kind == Fault::Kind::status) {
    errno = planted->value;
    return planted->value > 5000 ? -planted->value : -1;
  }
  auto* const into = static_cast<char*>(base) + buffer_offset;
  {
    auto& s = state();
    std::lock_guard const lock(s.mutex);
    if (!s.files.contains(static_cast<int*>(handle))) return -5027;
    if (!registered(s, static_cast<char const*>(base), static_cast<std::size_t>(buffer_offset) + size))
      return -5024;
  }
  if (scenario("short")) size = std::min<std::size_t>(size, 4096);
  auto const got = copy_in(*static_cast<int*>(handle), into, size, file_offset);
  if (got > 0 && planted && planted->kind == Fault::Kind::wrong) into[got / 2] ^= 0x10;
  count();
  return got;
}

CufileStatus cuFileSetStatsLevel(int level) { return {level == 3 ? 0 : 5022, 0}; }

CufileStatus cuFileStatsStart() {
  state().counting = !scenario("uncounted");
  return plainly("cuFileStatsStart");
}

CufileStatus cuFileGetStatsL3(CufileCounters* counters) {
  auto& s = state();
  std::lock_guard const lock(s.mutex);
  if (!s.counting) return {5022, 0};
  *counters = s.counters;
  return {};
}
}
// NOLINTEND
