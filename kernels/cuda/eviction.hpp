// Emptying a GPU's L2 cache of what a case has put there.
#pragma once
#include <cuda_runtime_api.h>

#include "kernels/cuda/buffer.hpp"

namespace muster::cuda {

/// Memory of its own that is read from end to end. Reading and not writing: lines that were written have to
/// go back to memory when others take their place, and the launch that is timed next would pay for that.
/// (nvbench writes; its cold times have that cost in them.)
class Eviction {
 public:
  /// Reads `bytes` less 16. Throws OutOfMemory, DeviceError.
  Eviction(std::size_t bytes, int units, cudaStream_t stream);

  void enqueue() const;

 private:
  std::size_t packs_;
  int units_;
  cudaStream_t stream_;
  DeviceBuffer words_;  ///< zeros; the last pack is for their sum
};

}  // namespace muster::cuda
