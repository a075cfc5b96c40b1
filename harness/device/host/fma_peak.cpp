// Loops of fused multiply-adds that touch no memory: twelve independent chains hide a latency of up to six
// cycles on two units.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>

#include "harness/device/host/measured_peaks.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace muster {

namespace {

constexpr int chains = 12;

// Where the chains start: all differently, or a compiler may find that they are one.
constexpr float starts[chains] = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.7F, 0.8F, 0.9F, 1.1F, 1.2F, 1.3F};

// Runs `steps` steps of `chains` multiply-adds each; the sum keeps the compiler from dropping them.
using Loop = double (*)(std::uint64_t steps);

struct Kernel {
  Loop loop;
  double flops_per_step;
};

#if defined(__x86_64__)
// The chains are one array of registers: the inner loops are unrolled whole.
#define MUSTER_FMA_LOOP(name, isa, vector, set, fma, first)                              \
  __attribute__((target(isa))) double name(std::uint64_t steps) {                        \
    vector const factor = set(0.999f), addend = set(0.001f);                             \
    vector sum[chains];                                                                  \
    _Pragma("GCC unroll 12") for (int i = 0; i < chains; ++i) sum[i] = set(starts[i]);   \
    for (std::uint64_t i = 0; i < steps; ++i) {                                          \
      _Pragma("GCC unroll 12") for (auto& s : sum) s = fma(s, factor, addend);           \
    }                                                                                    \
    double total = 0;                                                                    \
    _Pragma("GCC unroll 12") for (auto& s : sum) total += static_cast<double>(first(s)); \
    return total;                                                                        \
  }

MUSTER_FMA_LOOP(avx512_fp64, "avx512f", __m512d, _mm512_set1_pd, _mm512_fmadd_pd, _mm512_cvtsd_f64)
MUSTER_FMA_LOOP(avx512_fp32, "avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_cvtss_f32)
MUSTER_FMA_LOOP(avx2_fp64, "avx2,fma", __m256d, _mm256_set1_pd, _mm256_fmadd_pd, _mm256_cvtsd_f64)
MUSTER_FMA_LOOP(avx2_fp32, "avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_cvtss_f32)
#undef MUSTER_FMA_LOOP

__attribute__((target("avx512f,avx512bf16"))) double avx512_bf16(std::uint64_t steps) {
  __m512bh const factor = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5F), _mm512_set1_ps(-0.5F));
  __m512bh const other = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.25F), _mm512_set1_ps(0.25F));
  __m512 sum[chains];
#pragma GCC unroll 12
  for (int i = 0; i < chains; ++i) sum[i] = _mm512_set1_ps(starts[i]);
  for (std::uint64_t i = 0; i < steps; ++i) {
#pragma GCC unroll 12
    for (auto& s : sum) s = _mm512_dpbf16_ps(s, factor, other);
  }
  double total = 0;
#pragma GCC unroll 12
  for (auto& s : sum) total += static_cast<double>(_mm512_cvtss_f32(s));
  return total;
}

bool has_amx_bf16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 22 & 1U) != 0;
}
#endif

template <class T>
double plain(std::uint64_t steps) {
  T sum[chains];
  for (int i = 0; i < chains; ++i) sum[i] = T(starts[i]);
  for (std::uint64_t i = 0; i < steps; ++i) {
    for (auto& s : sum) s = s * T(0.999) + T(0.001);
  }
  double total = 0;
  for (auto const s : sum) total += static_cast<double>(s);
  return total;
}

Kernel kernel_for(bool is_double) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    return is_double ? Kernel{avx512_fp64, chains * 8 * 2.0} : Kernel{avx512_fp32, chains * 16 * 2.0};
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return is_double ? Kernel{avx2_fp64, chains * 4 * 2.0} : Kernel{avx2_fp32, chains * 8 * 2.0};
  }
#endif
  return is_double ? Kernel{plain<double>, chains * 2.0} : Kernel{plain<float>, chains * 2.0};
}

std::optional<Kernel> kernel_for(std::string_view type) {
  if (type == "fp64" || type == "fp32") return kernel_for(type == "fp64");
#if defined(__x86_64__)
  if (type == "bf16" && __builtin_cpu_supports("avx512bf16") && !has_amx_bf16()) {
    return Kernel{avx512_bf16, chains * 32 * 2.0};
  }
#endif
  return std::nullopt;
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::atomic<double> sink;

// From the first thread's start to the last one's end.
double seconds_of(Loop loop, std::uint64_t steps, Team& team) {
  double first = std::numeric_limits<double>::max(), last = 0;
  std::mutex merging;
  team.run([&](int) {
    double const start = now();
    sink = loop(steps);
    double const end = now();
    std::lock_guard const lock(merging);
    first = std::min(first, start);
    last = std::max(last, end);
  });
  return last - first;
}

}  // namespace

std::optional<double> measured_fma_peak(std::string_view type, Team& team) {
  auto const kernel = kernel_for(type);
  if (!kernel) return std::nullopt;
  std::uint64_t steps = 100'000;
  double const pilot = seconds_of(kernel->loop, steps, team);
  steps = static_cast<std::uint64_t>(static_cast<double>(steps) * 0.01 / pilot) + 1;
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round < 5; ++round) best = std::min(best, seconds_of(kernel->loop, steps, team));
  return static_cast<double>(steps) * kernel->flops_per_step * team.size() / best;
}

}  // namespace muster
