// cuFile's functions, found by name in the library when a case first wants them, and its driver.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/dataload/cufile_path.hpp"
#include "kernels/dataload/cufile_types.hpp"

namespace muster::cuda {

/// cuFile's driver, open. While it is, its counters run.
class CufileDriver {
 public:
  /// That of the process: opened by the first who asks, closed when the last lets go. Before that a process
  /// of its own tries to open it, since some versions never come back (see README). Throws Unsupported with
  /// the reason when that fails, or does not end in MUSTER_CUFILE_TIMEOUT seconds (20).
  static std::shared_ptr<CufileDriver> open();
  CufileDriver(CufileDriver const&) = delete;
  CufileDriver& operator=(CufileDriver const&) = delete;
  ~CufileDriver();

  CufileStatus (*register_handle)(CufileHandle*, CufileDescription*) = nullptr;
  void (*deregister_handle)(CufileHandle) = nullptr;
  CufileStatus (*register_buffer)(void const*, std::size_t, int) = nullptr;
  CufileStatus (*deregister_buffer)(void const*) = nullptr;
  /// Bytes read; -1 with errno, or minus a CUfileOpError.
  ssize_t (*read)(CufileHandle, void*, std::size_t, off_t file_offset, off_t buffer_offset) = nullptr;

  /// Absent where the library has no such counters.
  std::optional<dataload::CufileReads> reads() const;
  std::string const& library() const { return library_; }

 private:
  CufileDriver();

  std::string library_{};
  CufileStatus (*close_)() = nullptr;
  CufileStatus (*counters_)(CufileCounters*) = nullptr;
  bool counts_ = false;
};

/// "cuFileRead failed (5030: internal error)".
std::string describe(CufileStatus const& status, std::string_view call);

/// Throws DeviceError unless the call succeeded.
void check(CufileStatus const& status, std::string_view call);

}  // namespace muster::cuda
