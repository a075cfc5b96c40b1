#pragma once
#include <cuda_runtime_api.h>

#include "kernels/memory/memory_check.hpp"

namespace muster::cuda {

/// The launches of the memory workload's kernels. Each enqueues and returns; all throw DeviceError.
class MemoryKernels {
 public:
  /// `units`: multiprocessors of the device.
  MemoryKernels(MemoryProblem const& problem, int units, cudaStream_t stream);

  void fill(void* out, MemoryArray array) const;
  void run(void* a, void const* b, void const* c) const;  ///< `c` is not read by copy
  /// Compares `a` with the right answer; waits for it. `a` lies on the device.
  MemoryMismatch compare(void const* a) const;

 private:
  template <class T>
  void fill_as(void (*kernel)(T*, std::uint64_t, std::uint64_t), void* out, MemoryArray array) const;
  void enqueue_compare(void const* a, void* counters) const;

  MemoryProblem problem_;
  unsigned blocks_;
  cudaStream_t stream_;
};

}  // namespace muster::cuda
