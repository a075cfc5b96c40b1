#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/gemm/gemm_check.hpp"
#include "kernels/gemm/gemm_compare.cuh"
#include "kernels/gemm/gemm_compare_cuda.hpp"

namespace muster::cuda {
namespace {

template <class Value>
double root_mean_square(std::vector<std::byte> const& bytes) {
  using Stored = typename Value::Stored;
  double sum = 0;
  auto const count = bytes.size() / sizeof(Stored);
  for (std::size_t i = 0; i < count; ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof stored, sizeof stored);
    sum += Value::of(stored) * Value::of(stored);
  }
  return std::sqrt(sum / static_cast<double>(std::max<std::size_t>(count, 1)));
}

double root_mean_square(GemmType type, std::vector<std::byte> const& bytes) {
  switch (type) {
    case GemmType::fp64:
      return root_mean_square<PlainValue<double>>(bytes);
    case GemmType::fp16:
      return root_mean_square<Fp16Value>(bytes);
    case GemmType::bf16:
      return root_mean_square<Bf16Value>(bytes);
    case GemmType::int32:
      return root_mean_square<PlainValue<std::int32_t>>(bytes);
    default:
      return root_mean_square<PlainValue<float>>(bytes);
  }
}

}  // namespace

GemmCompare::GemmCompare(GemmProblem const& problem, void const* d, int units, cudaStream_t stream)
    : type_(problem.output),
      units_(units),
      stream_(stream),
      reference_(as_much_as_fits(problem.d_bytes(), 4096, "the comparison of algorithms")),
      far_(sizeof(unsigned long long), "the comparison of algorithms") {
  count_ = reference_.bytes() / element_bytes(type_);
  check(cudaMemcpyAsync(reference_.as(), d, reference_.bytes(), cudaMemcpyDeviceToDevice, stream),
        "cudaMemcpyAsync");
  std::vector<std::byte> sample(std::min<std::size_t>(reference_.bytes(), 1 << 16));
  copy_to_host(sample.data(), reference_.as(), sample.size(), stream);
  if (type_ == GemmType::int32) {  // exact
    absolute_ = 0.5;
    return;
  }
  GemmLimits const limits(problem);
  double const scale = 4 * root_mean_square(type_, sample);
  relative_ = 2 * (limits.element(1, 0) - limits.element(0, 0));
  absolute_ = 2 * limits.element(0, scale);
}

bool GemmCompare::agrees(void const* d) const {
  check(cudaMemsetAsync(far_.as(), 0, far_.bytes(), stream_), "cudaMemsetAsync");
  gemm_compare<<<grid_size(count_ / 8 + 1, units_, block_size), block_size, 0, stream_>>>(
      type_, d, reference_.as(), count_, relative_, absolute_, far_.as<unsigned long long>());
  check(cudaGetLastError(), "gemm_compare");
  unsigned long long far = 0;
  copy_to_host(&far, far_.as(), sizeof far, stream_);
  return far == 0;
}

}  // namespace muster::cuda
