#include "kernels/cuda/error.hpp"
#include "kernels/cuda/occupy.cuh"
#include "kernels/cuda/occupy.hpp"

namespace muster::cuda {

void occupy(double seconds, double clock_hz, cudaStream_t stream) {
  occupy_for<<<1, 1, 0, stream>>>(static_cast<long long>(seconds * clock_hz));
  check(cudaGetLastError(), "occupy_for");
}

}  // namespace muster::cuda
