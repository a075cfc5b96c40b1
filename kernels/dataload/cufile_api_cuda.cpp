#include "kernels/dataload/cufile_api.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "kernels/contract/error.hpp"
#include "kernels/cuda/library.hpp"
#include "kernels/dataload/child.hpp"

namespace muster::cuda {
namespace {

namespace fs = std::filesystem;
using dataload::ChildOutcome;

constexpr char const* remedy =
    "install it (libcufile of the CUDA toolkit, or the wheel nvidia-cufile), name its folder in "
    "MUSTER_CUDA_LIBS, "
    "or use another engine";

/// It would be written into the working directory otherwise.
void keep_log_away() {
  constexpr int overwrite = 0;  // a user's own choice stays
  auto const file = fs::temp_directory_path() / fmt::format("muster-cufile-{}.log", ::getuid());
  ::setenv("CUFILE_LOGFILE_PATH", file.c_str(), overwrite);
}

/// Beside this plug-in; tests have one of their own.
std::string probe_program() {
  if (char const* const other = std::getenv("MUSTER_CUFILE_PROBE")) return other;
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void const*>(&probe_program), &info) == 0 || info.dli_fname == nullptr)
    return {};
  return (fs::absolute(info.dli_fname).parent_path() / "muster-cufile-probe").string();
}

std::chrono::seconds patience() {
  char const* const text = std::getenv("MUSTER_CUFILE_TIMEOUT");
  return std::chrono::seconds(std::clamp(text ? std::atoi(text) : 20, 1, 600));
}

[[noreturn]] void refuse(std::string const& why) {
  throw Unsupported(
      fmt::format("cuFile is not to be had ({}); see what gdscheck says, or use another engine", why));
}

std::string failure_of(ChildOutcome const& outcome) {
  switch (outcome.end) {
    case ChildOutcome::End::exited:
      return outcome.status == 0 ? "" : outcome.output;
    case ChildOutcome::End::killed:
      return fmt::format("opening its driver ended the process that tried it: signal {}", outcome.status);
    case ChildOutcome::End::timed_out:
      return fmt::format("opening its driver did not end in {} s (MUSTER_CUFILE_TIMEOUT)",
                         patience().count());
    case ChildOutcome::End::not_started:
      break;
  }
  return fmt::format("'{}' cannot be started: {}", probe_program(), outcome.output);
}

void try_in_a_child(std::string const& library) {
  auto const why = failure_of(dataload::run_child({probe_program(), library}, patience()));
  if (!why.empty()) refuse(why);
}

}  // namespace

std::shared_ptr<CufileDriver> CufileDriver::open() {
  static std::mutex mutex;
  static std::weak_ptr<CufileDriver> open_one;
  std::lock_guard const lock(mutex);
  auto driver = open_one.lock();
  if (!driver) {
    driver.reset(new CufileDriver);
    open_one = driver;
  }
  return driver;
}

CufileDriver::CufileDriver() {
  keep_log_away();
  Library const library({"libcufile.so.0"}, remedy);
  library_ = library.name();
  CufileStatus (*open_driver)() = nullptr;
  library.bind(open_driver, "cuFileDriverOpen");
  library.bind(close_, "cuFileDriverClose_v2");
  library.bind(register_handle, "cuFileHandleRegister");
  library.bind(deregister_handle, "cuFileHandleDeregister");
  library.bind(register_buffer, "cuFileBufRegister");
  library.bind(deregister_buffer, "cuFileBufDeregister");
  library.bind(read, "cuFileRead");
  library.bind_if_present(counters_, "cuFileGetStatsL3");
  try_in_a_child(library_);
  if (auto const status = open_driver(); status.error != 0) refuse(describe(status, "cuFileDriverOpen"));
  CufileStatus (*set_level)(int) = nullptr;
  CufileStatus (*start)() = nullptr;
  library.bind_if_present(set_level, "cuFileSetStatsLevel");
  library.bind_if_present(start, "cuFileStatsStart");
  counts_ = counters_ && set_level && start && set_level(3).error == 0 && start().error == 0;
}

CufileDriver::~CufileDriver() { (void)close_(); }

std::optional<dataload::CufileReads> CufileDriver::reads() const {
  constexpr std::uint32_t most_gpus = 16;
  auto const counters = std::make_unique<CufileCounters>();
  if (!counts_ || counters_(counters.get()).error != 0) return std::nullopt;
  dataload::CufileReads sum;
  for (std::uint32_t gpu = 0; gpu < std::min(counters->gpus, most_gpus); ++gpu) {
    sum.nvfs += counters->of_gpu[gpu].nvfs_reads;
    sum.p2p += counters->of_gpu[gpu].p2p_reads;
    sum.posix += counters->of_gpu[gpu].posix_reads;
  }
  return sum;
}

namespace {

/// Of those that are met when reading.
std::string_view words(int error) {
  switch (error) {
    case 5001:
      return "nvidia-fs is not loaded, and compatibility mode is not allowed";
    case 5007:
      return "GPUDirect Storage is not supported on this platform";
    case 5008:
      return "GPUDirect Storage is not supported on this file";
    case 5009:
      return "GPUDirect Storage is not supported on this GPU";
    case 5011:
      return "error of the CUDA driver";
    case 5016:
      return "more memory than may be pinned";
    case 5025:
      return "permission denied";
    case 5027:  // seen on an H200 in a virtual machine: its log then says "udev property not found:
                // ID_FS_USAGE"
      return "the file was not taken; cuFile asks udev's database what lies under it, which is empty in many "
             "containers and virtual machines";
    case 5030:
      return "internal error";
    case 5033:
      return "nvidia-fs could not be set up";
    case 5044:
      return "read error";
    default:
      return "see CUfileOpError in cufile.h";
  }
}

}  // namespace

std::string describe(CufileStatus const& status, std::string_view call) {
  std::string const driver = status.error == 5011 ? fmt::format(", CUDA error {}", status.driver) : "";
  return fmt::format("{} failed ({}: {}{})", call, status.error, words(status.error), driver);
}

void check(CufileStatus const& status, std::string_view call) {
  if (status.error == 0) return;
  throw DeviceError(describe(status, call) + "; see cuFile's log (CUFILE_LOGFILE_PATH) and gdscheck");
}

}  // namespace muster::cuda
