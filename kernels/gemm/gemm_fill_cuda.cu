#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/gemm/gemm_fill.cuh"
#include "kernels/gemm/gemm_fill_cuda.hpp"

namespace muster::cuda {
namespace {

template <class T>
void launch(void (*kernel)(T*, std::uint64_t, std::uint64_t, GemmDist), void* out, std::uint64_t count,
            std::uint64_t key, GemmDist dist, int units, cudaStream_t stream) {
  auto const blocks = grid_size(count / Pack<T>::size + 1, units, block_size);
  kernel<<<blocks, block_size, 0, stream>>>(static_cast<T*>(out), count, key, dist);
}

}  // namespace

void gemm_fill(GemmType type, void* out, std::uint64_t count, std::uint64_t key, GemmDist dist, int units,
               cudaStream_t stream) {
  auto const with = [&](auto kernel) { launch(kernel, out, count, key, dist, units, stream); };
  switch (type) {
    case GemmType::fp64:
      with(gemm_fill_fp64);
      break;
    case GemmType::fp32:
      with(gemm_fill_fp32);
      break;
    case GemmType::tf32:
      with(gemm_fill_tf32);
      break;
    case GemmType::fp16:
      with(gemm_fill_fp16);
      break;
    case GemmType::bf16:
      with(gemm_fill_bf16);
      break;
    case GemmType::int8:
      with(gemm_fill_int8);
      break;
    case GemmType::fp8_e4m3:
      with(gemm_fill_e4m3);
      break;
    case GemmType::fp8_e5m2:
      with(gemm_fill_e5m2);
      break;
    case GemmType::int32:
      throw DeviceError("gemm_fill of int32 (that is a type of D only) report this");
  }
  check(cudaGetLastError(), "gemm_fill");
}

}  // namespace muster::cuda
