// The check of a GEMM's result on the GPU: bits of every sample, Freivalds' check of every row, and a 16-bit
// result held against the same product with fp32 output. Operands are made anew here too, so that what they
// became in memory does not matter.
#pragma once
#include "kernels/contract/float16.hpp"
#include "kernels/cuda/device.cuh"
#include "kernels/gemm/gemm_check_layout.hpp"
#include "kernels/gemm/gemm_checksum.hpp"
#include "kernels/gemm/gemm_data.hpp"

namespace muster::cuda {

/// Adds the checksum of result blockIdx.y to its slots.
__global__ void __launch_bounds__(block_size)
    gemm_checksum_results(GemmResults results, unsigned long long* slots) {
  auto const* const from = results.data + blockIdx.y * results.stride;
  auto const* const words = reinterpret_cast<std::uint64_t const*>(from);
  std::uint64_t const count = results.bytes / 8;
  std::uint64_t sum = 0;
  for (std::uint64_t i = grid_first(); i < count; i += grid_step()) sum += checksum_term(i, words[i]);
  if (grid_first() == 0 && results.bytes % 8 != 0) {
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < results.bytes % 8; ++i)
      last |= std::uint64_t{static_cast<unsigned char>(from[count * 8 + i])} << (8 * i);
    sum += checksum_term(count, last);
  }
  auto const slot = static_cast<unsigned>(grid_first() / 32 % checksum_slots);
  if (sum != 0) atomicAdd(slots + blockIdx.y * checksum_slots + slot, static_cast<unsigned long long>(sum));
}

/// Empties the slots of every result into `sums` and counts the results as sample `number`. A result whose
/// sum is `blank` has not been written since it was spoiled; it is wrong only where `written` says that it
/// must have been. One thread a result.
__global__ void __launch_bounds__(block_size)
    gemm_count_samples(unsigned long long* slots, unsigned long long* sums, unsigned sets,
                       unsigned long long blank, unsigned long long written, GemmSamples* samples,
                       unsigned long long number) {
  auto const set = static_cast<unsigned>(grid_first());
  if (set >= sets) return;
  unsigned long long sum = 0;
  for (unsigned slot = 0; slot < checksum_slots; ++slot) {
    sum += slots[set * checksum_slots + slot];
    slots[set * checksum_slots + slot] = 0;
  }
  sums[set] = sum;
  bool const untouched = sum == blank;
  if (untouched) atomicAdd(&samples->blank, 1ULL);
  if (untouched && (written >> set & 1U) == 0) return;
  unsigned long long const before = untouched ? ~sum : atomicCAS(&samples->reference, 0ULL, sum);
  atomicAdd(&samples->compared, 1ULL);
  if (before == 0 || before == sum) return;
  atomicAdd(&samples->differed, 1ULL);
  atomicMin(&samples->first, number);
}

/// Element `index` of D, as a number.
__device__ inline double gemm_result(GemmType type, void const* d, std::uint64_t index) {
  switch (type) {
    case GemmType::fp64:
      return static_cast<double const*>(d)[index];
    case GemmType::fp16:
      return static_cast<double>(from_fp16(static_cast<std::uint16_t const*>(d)[index]));
    case GemmType::bf16:
      return static_cast<double>(from_bf16(static_cast<std::uint16_t const*>(d)[index]));
    case GemmType::int32:
      return static_cast<double>(static_cast<std::int32_t const*>(d)[index]);
    default:  // fp32 and tf32; no other type is a type of D
      return static_cast<double>(static_cast<float const*>(d)[index]);
  }
}

/// term(0) + ... + term(count - 1) in four partial sums, always in the same order.
template <class Term>
__device__ double sum_of(std::uint64_t count, Term term) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;  // an array would go to local memory
  std::uint64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    s0 += term(i);
    s1 += term(i + 1);
    s2 += term(i + 2);
    s3 += term(i + 3);
  }
  for (; i < count; ++i) s0 += term(i);
  return (s0 + s1) + (s2 + s3);
}

/// out[r] = row r of B, counted over all products, times the signs. One thread a row.
__global__ void __launch_bounds__(block_size)
    gemm_b_times_signs(GemmProblem problem, GemmType type, double* out) {
  auto const k = static_cast<std::uint64_t>(problem.k), rows = static_cast<std::uint64_t>(problem.batch) * k;
  std::uint64_t const key = gemm_key(problem.seed, GemmMatrix::b), signs = gemm_sign_key(problem.seed);
  for (std::uint64_t r = grid_first(); r < rows; r += grid_step()) {
    GemmLine const line = b_row(problem, r / k, r % k);
    out[r] = sum_of(static_cast<std::uint64_t>(problem.n), [&](std::uint64_t j) {
      return gemm_element(type, key, line.first + j * line.step, problem.dist) * gemm_sign(signs, j);
    });
  }
}

/// Freivalds' sums of every row of D, which has type problem.output. One thread a row.
__global__ void __launch_bounds__(block_size)
    gemm_row_sums_of(GemmProblem problem, void const* d, double const* b_times_signs, GemmRowSums* out) {
  auto const m = static_cast<std::uint64_t>(problem.m), n = static_cast<std::uint64_t>(problem.n),
             k = static_cast<std::uint64_t>(problem.k), rows = static_cast<std::uint64_t>(problem.batch) * m;
  std::uint64_t const key = gemm_key(problem.seed, GemmMatrix::a), signs = gemm_sign_key(problem.seed);
  for (std::uint64_t r = grid_first(); r < rows; r += grid_step()) {
    GemmLine const line = a_row(problem, r / m, r % m);
    double const* const bx = b_times_signs + r / m * k;
    double squares = 0;
    double const expected = sum_of(k, [&](std::uint64_t p) {
      double const a = gemm_element(problem.type, key, line.first + p * line.step, problem.dist);
      squares += a * a;
      return a * bx[p];
    });
    double const got = sum_of(
        n, [&](std::uint64_t j) { return gemm_result(problem.output, d, r * n + j) * gemm_sign(signs, j); });
    out[r] = {got, expected, sqrt(squares)};
  }
}

/// `d` has type problem.output, `fine` is the same product in fp32; `sums` knows the rows' norms.
__global__ void __launch_bounds__(block_size)
    gemm_compare_fine(GemmProblem problem, void const* d, float const* fine, GemmRowSums const* sums,
                      GemmCloseness closeness, GemmDistant* found) {
  auto const n = static_cast<std::uint64_t>(problem.n),
             count = static_cast<std::uint64_t>(problem.batch) * static_cast<std::uint64_t>(problem.m) * n;
  for (std::uint64_t i = grid_first(); i < count; i += grid_step()) {
    auto const expected = static_cast<double>(fine[i]);
    double const limit =
        closeness.relative * fabs(expected) + closeness.absolute * sums[i / n].norm + closeness.floor;
    if (fabs(gemm_result(problem.output, d, i) - expected) <= limit) continue;
    atomicAdd(&found->count, 1ULL);
    atomicMin(&found->first, static_cast<unsigned long long>(i));
  }
}

}  // namespace muster::cuda
