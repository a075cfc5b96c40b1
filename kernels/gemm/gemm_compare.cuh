// Two results of the same GEMM held against each other on the GPU: does an algorithm compute what another one
// computed? A screen for algorithms that are fast and wrong, not the proof that a result is right
// (gemm_check.hpp).
#pragma once
#include "kernels/contract/float16.hpp"
#include "kernels/cuda/device.cuh"
#include "kernels/gemm/gemm_types.hpp"

namespace muster::cuda {

/// How D's elements are stored, as numbers.
struct Fp16Value {
  using Stored = std::uint16_t;
  MUSTER_HD static double of(Stored bits) { return static_cast<double>(from_fp16(bits)); }
};
struct Bf16Value {
  using Stored = std::uint16_t;
  MUSTER_HD static double of(Stored bits) { return static_cast<double>(from_bf16(bits)); }
};
template <class T>
struct PlainValue {
  using Stored = T;
  MUSTER_HD static double of(T value) { return static_cast<double>(value); }
};

/// Elements of d that are further than relative |reference| + absolute from the reference's; a NaN is far
/// from everything. Both arrays are aligned to 16 bytes.
template <class Value>
__device__ unsigned long long count_far(void const* d, void const* reference, std::uint64_t count,
                                        double relative, double absolute) {
  using Stored = typename Value::Stored;
  auto const far = [=](Stored got, Stored expected) {
    double const want = Value::of(expected), limit = relative * (want < 0 ? -want : want) + absolute;
    double const off = Value::of(got) - want;
    return !(off <= limit && off >= -limit);  // false for NaN
  };
  constexpr std::uint64_t width = Pack<Stored>::size;
  auto const* const ours = static_cast<Pack<Stored> const*>(d);
  auto const* const theirs = static_cast<Pack<Stored> const*>(reference);
  unsigned long long found = 0;
  for (std::uint64_t i = grid_first(); i < count / width; i += grid_step()) {
    Pack<Stored> const a = ours[i], b = theirs[i];
    for (std::uint64_t j = 0; j < width; ++j) found += far(a.at[j], b.at[j]) ? 1U : 0U;
  }
  std::uint64_t const rest = count / width * width + grid_first();
  if (rest < count)
    found += far(static_cast<Stored const*>(d)[rest], static_cast<Stored const*>(reference)[rest]) ? 1U : 0U;
  return found;
}

__global__ void __launch_bounds__(block_size)
    gemm_compare(GemmType type, void const* d, void const* reference, std::uint64_t count, double relative,
                 double absolute, unsigned long long* far) {
  unsigned long long found = 0;
  switch (type) {
    case GemmType::fp64:
      found = count_far<PlainValue<double>>(d, reference, count, relative, absolute);
      break;
    case GemmType::fp16:
      found = count_far<Fp16Value>(d, reference, count, relative, absolute);
      break;
    case GemmType::bf16:
      found = count_far<Bf16Value>(d, reference, count, relative, absolute);
      break;
    case GemmType::int32:
      found = count_far<PlainValue<std::int32_t>>(d, reference, count, relative, absolute);
      break;
    default:  // fp32 and tf32; no other type is a type of D
      found = count_far<PlainValue<float>>(d, reference, count, relative, absolute);
      break;
  }
  if (found > 0) atomicAdd(far, found);
}

}  // namespace muster::cuda
