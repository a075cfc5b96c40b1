// Operands of a GEMM, made on the GPU; the same bits as gemm_data.hpp makes on the host.
#pragma once
#include "kernels/cuda/device.cuh"
#include "kernels/gemm/gemm_data.hpp"

namespace muster::cuda {

/// out[i] = make(i) for i < count, 16 bytes a store. `out` is aligned to 16 bytes.
template <class T, class Make>
__device__ void fill_with(T* out, std::uint64_t count, Make make) {
  constexpr std::uint64_t width = Pack<T>::size;
  auto* const packs = reinterpret_cast<Pack<T>*>(out);
  for (std::uint64_t i = grid_first(); i < count / width; i += grid_step()) {
    Pack<T> pack;
    for (std::uint64_t j = 0; j < width; ++j) pack.at[j] = make(i * width + j);
    packs[i] = pack;
  }
  std::uint64_t const rest = count / width * width + grid_first();
  if (rest < count) out[rest] = make(rest);
}

__global__ void __launch_bounds__(block_size)
    gemm_fill_fp64(double* out, std::uint64_t count, std::uint64_t key, GemmDist dist) {
  fill_with(out, count, [=](std::uint64_t i) { return gemm_fp64(key, i, dist); });
}
__global__ void __launch_bounds__(block_size)
    gemm_fill_fp32(float* out, std::uint64_t count, std::uint64_t key, GemmDist dist) {
  fill_with(out, count, [=](std::uint64_t i) { return gemm_fp32(key, i, dist); });
}
__global__ void __launch_bounds__(block_size)
    gemm_fill_tf32(float* out, std::uint64_t count, std::uint64_t key, GemmDist dist) {
  fill_with(out, count, [=](std::uint64_t i) { return gemm_tf32(key, i, dist); });
}
__global__ void __launch_bounds__(block_size)
    gemm_fill_fp16(std::uint16_t* out, std::uint64_t count, std::uint64_t key, GemmDist dist) {
  fill_with(out, count, [=](std::uint64_t i) { return gemm_fp16(key, i, dist); });
}
__global__ void __launch_bounds__(block_size)
    gemm_fill_bf16(std::uint16_t* out, std::uint64_t count, std::uint64_t key, GemmDist dist) {
  fill_with(out, count, [=](std::uint64_t i) { return gemm_bf16(key, i, dist); });
}
__global__ void __launch_bounds__(block_size)
    gemm_fill_int8(std::int8_t* out, std::uint64_t count, std::uint64_t key, GemmDist dist) {
  fill_with(out, count, [=](std::uint64_t i) { return gemm_int8(key, i, dist); });
}
__global__ void __launch_bounds__(block_size)
    gemm_fill_e4m3(std::uint8_t* out, std::uint64_t count, std::uint64_t key, GemmDist dist) {
  fill_with(out, count, [=](std::uint64_t i) { return gemm_e4m3(key, i, dist); });
}
__global__ void __launch_bounds__(block_size)
    gemm_fill_e5m2(std::uint8_t* out, std::uint64_t count, std::uint64_t key, GemmDist dist) {
  fill_with(out, count, [=](std::uint64_t i) { return gemm_e5m2(key, i, dist); });
}

}  // namespace muster::cuda
