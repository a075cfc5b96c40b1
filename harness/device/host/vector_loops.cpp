// Twelve independent chains hide a latency of up to six cycles on two units.
#include "harness/device/host/vector_loops.hpp"

#include <cstddef>

#include "kernels/host/cpu_features.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#if !defined(__clang__) || __clang_major__ >= 16  // clang 14 has no vectors of _Float16
#define MUSTER_HALF_VECTORS
#endif
#endif

namespace muster {
namespace {

constexpr int chains = 12;

// Where the chains start: all differently, or a compiler may find that they are one.
constexpr float starts[chains] = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.7F, 0.8F, 0.9F, 1.1F, 1.2F, 1.3F};

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
#ifdef MUSTER_HALF_VECTORS
#define MUSTER_SET_HALVES(value) _mm512_set1_ph(static_cast<_Float16>(value))
#define MUSTER_FIRST_HALF(vector) static_cast<float>(_mm512_cvtsh_h(vector))
MUSTER_FMA_LOOP(avx512_fp16, "avx512f,avx512fp16", __m512h, MUSTER_SET_HALVES, _mm512_fmadd_ph,
                MUSTER_FIRST_HALF)
#undef MUSTER_FIRST_HALF
#undef MUSTER_SET_HALVES
#endif
#undef MUSTER_FMA_LOOP

__attribute__((target("avx512f,avx512bf16"))) double avx512_bf16(std::uint64_t steps) {
  // Pairs (0.5, -0.5) and (0.25, 0.25): their products cancel.
  auto const factor = (__m512bh)_mm512_set1_epi32(static_cast<int>(0xBF003F00U));
  auto const other = (__m512bh)_mm512_set1_epi32(0x3E803E80);
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

// Sums of four products of unsigned and signed bytes.
#define MUSTER_DOT_LOOP(name, isa, vector, set, dot, first)                              \
  __attribute__((target(isa))) double name(std::uint64_t steps) {                        \
    vector const bytes = set(0x01020304), other = set(0x01FF01FF);                       \
    vector sum[chains];                                                                  \
    _Pragma("GCC unroll 12") for (int i = 0; i < chains; ++i) sum[i] = set(i);           \
    for (std::uint64_t i = 0; i < steps; ++i) {                                          \
      _Pragma("GCC unroll 12") for (auto& s : sum) s = dot(s, bytes, other);             \
    }                                                                                    \
    double total = 0;                                                                    \
    _Pragma("GCC unroll 12") for (auto& s : sum) total += static_cast<double>(first(s)); \
    return total;                                                                        \
  }
MUSTER_DOT_LOOP(avx512_int8, "avx512f,avx512vnni", __m512i, _mm512_set1_epi32, _mm512_dpbusd_epi32,
                _mm512_cvtsi512_si32)
MUSTER_DOT_LOOP(avx2_int8, "avx2,avxvnni", __m256i, _mm256_set1_epi32, _mm256_dpbusd_avx_epi32,
                _mm256_cvtsi256_si32)
#undef MUSTER_DOT_LOOP

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

/// One of the loops of this file: vectors of `lanes` elements, each of which `depth` multiply-adds go into.
VectorLoop loop(double (*run)(std::uint64_t), int lanes, int depth = 1) {
  return {run, chains * 2.0 * lanes * depth};
}

VectorLoop plain_or_fma(bool is_double) {
#if defined(__x86_64__)
  if (MUSTER_CPU_HAS("avx512f")) return is_double ? loop(avx512_fp64, 8) : loop(avx512_fp32, 16);
  if (MUSTER_CPU_HAS("avx2") && MUSTER_CPU_HAS("fma")) {
    return is_double ? loop(avx2_fp64, 4) : loop(avx2_fp32, 8);
  }
#endif
  return is_double ? loop(plain<double>, 1) : loop(plain<float>, 1);
}

}  // namespace

std::optional<VectorLoop> vector_loop(std::string_view type) {
  if (type == "fp64" || type == "fp32") return plain_or_fma(type == "fp64");
  if (auto const tiles = amx_loop(type)) return tiles;
#if defined(__x86_64__)
  if (type == "bf16" && MUSTER_CPU_HAS("avx512bf16")) return loop(avx512_bf16, 16, 2);
#ifdef MUSTER_HALF_VECTORS
  if (type == "fp16" && host::has_avx512fp16() && !host::has_amx_fp16()) return loop(avx512_fp16, 32);
#endif
  if (type == "int8" && MUSTER_CPU_HAS("avx512vnni")) return loop(avx512_int8, 16, 4);
  if (type == "int8" && host::has_avxvnni()) return loop(avx2_int8, 8, 4);
#endif
  return std::nullopt;
}

int vector_bits() { return MUSTER_CPU_HAS("avx512f") ? 512 : MUSTER_CPU_HAS("avx2") ? 256 : 0; }

std::string vector_instructions() {
  std::string list;
  auto const add = [&](bool has, char const* name) {
    if (has) list += (list.empty() ? "" : ", ") + std::string(name);
  };
  add(MUSTER_CPU_HAS("avx2"), "avx2");
  add(MUSTER_CPU_HAS("fma"), "fma");
  add(MUSTER_CPU_HAS("avx512f"), "avx512f");
  add(MUSTER_CPU_HAS("avx512bf16"), "avx512_bf16");
  add(host::has_avx512fp16(), "avx512_fp16");
  add(MUSTER_CPU_HAS("avx512vnni"), "avx512_vnni");
  add(host::has_avxvnni(), "avx_vnni");
  add(amx_loop("bf16").has_value(), "amx_bf16");
  add(amx_loop("int8").has_value(), "amx_int8");
  return list;
}

}  // namespace muster
