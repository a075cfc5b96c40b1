#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/gemm/gemm_fill.cuh"
#include "kernels/gemm/gemm_fill_cuda.hpp"

namespace muster::cuda {
namespace {

template <class T>
void launch(void (*kernel)(T*, std::uint64_t, std::uint64_t), void* out, std::uint64_t count,
            std::uint64_t key, int units, cudaStream_t stream) {
  auto const blocks = grid_size(count / Pack<T>::size + 1, units, block_size);
  kernel<<<blocks, block_size, 0, stream>>>(static_cast<T*>(out), count, key);
}

}  // namespace

void gemm_fill(GemmType type, void* out, std::uint64_t count, std::uint64_t key, int units,
               cudaStream_t stream) {
  switch (type) {
    case GemmType::fp64:
      launch(gemm_fill_fp64, out, count, key, units, stream);
      break;
    case GemmType::fp32:
      launch(gemm_fill_fp32, out, count, key, units, stream);
      break;
    case GemmType::tf32:
      launch(gemm_fill_tf32, out, count, key, units, stream);
      break;
    case GemmType::fp16:
      launch(gemm_fill_fp16, out, count, key, units, stream);
      break;
    case GemmType::bf16:
      launch(gemm_fill_bf16, out, count, key, units, stream);
      break;
  }
  check(cudaGetLastError(), "gemm_fill");
}

}  // namespace muster::cuda
