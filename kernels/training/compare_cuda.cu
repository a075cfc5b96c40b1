#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/training/compare.cuh"
#include "kernels/training/compare_cuda.hpp"

namespace muster::training::cuda {
namespace {

using muster::cuda::check;
using muster::cuda::copy_to_device;
using muster::cuda::copy_to_host;
using muster::cuda::DeviceBuffer;
using muster::cuda::grid_size;

template <class T, class Kernel>
Difference compare_as(Kernel kernel, T const* got, std::uint64_t count, std::span<float const> right,
                      Closeness limit, int units, cudaStream_t stream) {
  DifferenceCounters found{0, ~0ULL, 0};
  DeviceBuffer counters(sizeof found, "the comparison"), reference(right.size_bytes(), "the reference");
  copy_to_device(counters.as(), &found, sizeof found, stream);
  copy_to_device(reference.as(), right.data(), right.size_bytes(), stream);
  kernel<<<grid_size(count, units, block_size), block_size, 0, stream>>>(
      got, count, reference.as<float>(), right.size(), limit, counters.as<DifferenceCounters>());
  check(cudaGetLastError(), "training_compare");
  copy_to_host(&found, counters.as(), sizeof found, stream);
  Difference difference{found.wrong, 0, 0, float_of(found.worst_bits)};
  if (found.wrong == 0) return difference;
  T value{};
  copy_to_host(&value, got + found.first, sizeof value, stream);
  difference.first = found.first;
  if constexpr (sizeof value == 2)
    difference.got = static_cast<double>(from_bf16(value));
  else
    difference.got = static_cast<double>(value);
  return difference;
}

}  // namespace

Difference compare(float const* got, std::uint64_t count, std::span<float const> right, Closeness limit,
                   int units, cudaStream_t stream) {
  return compare_as(training_compare_fp32, got, count, right, limit, units, stream);
}

Difference compare(std::uint16_t const* got, std::uint64_t count, std::span<float const> right,
                   Closeness limit, int units, cudaStream_t stream) {
  return compare_as(training_compare_bf16, got, count, right, limit, units, stream);
}

}  // namespace muster::training::cuda
