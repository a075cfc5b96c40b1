// A kernel that only takes time.
#pragma once
#include "kernels/cuda/device.cuh"

namespace muster::cuda {

/// One thread that looks at its multiprocessor's clock until `cycles` have passed.
__global__ void occupy_for(long long cycles) {
  long long const begin = clock64();
  while (clock64() - begin < cycles) {
  }
}

}  // namespace muster::cuda
