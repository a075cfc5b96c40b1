#pragma once
#include <cuda_runtime_api.h>

#include "kernels/cuda/buffer.hpp"
#include "kernels/memory/memory_check.hpp"

namespace muster::cuda {

/// The device's limits that launches depend on.
struct MemoryLaunch {
  int units = 1;           ///< multiprocessors
  bool past_cache = true;  ///< the arrays do not fit into the L2: see MemoryProblem::past_cache()
  cudaStream_t stream = nullptr;
};

/// The launches of the memory workload's kernels, on the device that is current. Each enqueues and returns;
/// all throw DeviceError.
class MemoryKernels {
 public:
  MemoryKernels(MemoryProblem const& problem, MemoryLaunch const& launch);

  void fill(void* out, MemoryArray array) const;
  /// `a` is not written by read, `b` not read by write, `c` only read by add and triad.
  void run(void* a, void const* b, void const* c) const;
  /// Compares `array` (a; for read: b) with what it should hold; waits for it. It lies on the device.
  MemoryMismatch compare(void const* array) const;

  /// Of `read`: the sum that the last run() found; waits for it. Forgotten once taken: until the next run()
  /// it is another one.
  std::uint64_t take_sum() const;

 private:
  template <class T>
  void run_as(T* a, T const* b, T const* c) const;
  void forget_sum() const;
  void enqueue_compare(void const* array, void* counters) const;

  MemoryProblem problem_;
  MemoryLaunch launch_;
  unsigned tiles_;     ///< blocks of one pass over the arrays
  unsigned blocks_;    ///< that fill the device
  DeviceBuffer sums_;  ///< read: one a block
};

}  // namespace muster::cuda
