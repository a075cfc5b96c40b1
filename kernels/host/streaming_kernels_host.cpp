#include <cstring>

#include "kernels/host/streaming_kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace muster::host {

namespace {

template <class T>
void plain_triad(T* a, T const* b, T const* c, T scale, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) a[i] = b[i] + scale * c[i];
}

void plain_copy(std::byte* a, std::byte const* b, std::uint64_t bytes) {
  std::memcpy(a, b, static_cast<std::size_t>(bytes));
}

#if defined(__x86_64__)
// One kernel of one instruction set: four vectors a step, so that several lines are under way at once.
#define MUSTER_TRIAD(name, isa, scalar, vector, set, load, madd, stream)                            \
  __attribute__((target(isa))) void name(scalar* a, scalar const* b, scalar const* c, scalar scale, \
                                         std::uint64_t count) {                                     \
    constexpr std::uint64_t width = sizeof(vector) / sizeof(scalar);                                \
    std::uint64_t const whole = count / (4 * width) * (4 * width);                                  \
    vector const factor = set(scale);                                                               \
    for (std::uint64_t i = 0; i < whole; i += 4 * width) {                                          \
      _Pragma("GCC unroll 4") for (std::uint64_t j = i; j < i + 4 * width; j += width) {            \
        stream(a + j, madd(load(c + j), factor, load(b + j)));                                      \
      }                                                                                             \
    }                                                                                               \
    _mm_sfence();                                                                                   \
    plain_triad(a + whole, b + whole, c + whole, scale, count - whole);                             \
  }

#define MUSTER_COPY(name, isa, vector, load, stream)                                              \
  __attribute__((target(isa))) void name(std::byte* a, std::byte const* b, std::uint64_t bytes) { \
    constexpr std::uint64_t width = sizeof(vector);                                               \
    std::uint64_t const whole = bytes / (4 * width) * (4 * width);                                \
    for (std::uint64_t i = 0; i < whole; i += 4 * width) {                                        \
      _Pragma("GCC unroll 4") for (std::uint64_t j = i; j < i + 4 * width; j += width) {          \
        stream(reinterpret_cast<vector*>(a + j), load(reinterpret_cast<vector const*>(b + j)));   \
      }                                                                                           \
    }                                                                                             \
    _mm_sfence();                                                                                 \
    plain_copy(a + whole, b + whole, bytes - whole);                                              \
  }

inline __m128d madd(__m128d x, __m128d y, __m128d z) { return _mm_add_pd(_mm_mul_pd(x, y), z); }
inline __m128 madd(__m128 x, __m128 y, __m128 z) { return _mm_add_ps(_mm_mul_ps(x, y), z); }

MUSTER_TRIAD(avx512_fp64, "avx512f", double, __m512d, _mm512_set1_pd, _mm512_load_pd, _mm512_fmadd_pd,
             _mm512_stream_pd)
MUSTER_TRIAD(avx512_fp32, "avx512f", float, __m512, _mm512_set1_ps, _mm512_load_ps, _mm512_fmadd_ps,
             _mm512_stream_ps)
MUSTER_COPY(avx512_copy, "avx512f", __m512i, _mm512_load_si512, _mm512_stream_si512)
MUSTER_TRIAD(avx2_fp64, "avx2,fma", double, __m256d, _mm256_set1_pd, _mm256_load_pd, _mm256_fmadd_pd,
             _mm256_stream_pd)
MUSTER_TRIAD(avx2_fp32, "avx2,fma", float, __m256, _mm256_set1_ps, _mm256_load_ps, _mm256_fmadd_ps,
             _mm256_stream_ps)
MUSTER_COPY(avx2_copy, "avx2", __m256i, _mm256_load_si256, _mm256_stream_si256)
MUSTER_TRIAD(sse2_fp64, "sse2", double, __m128d, _mm_set1_pd, _mm_load_pd, madd, _mm_stream_pd)
MUSTER_TRIAD(sse2_fp32, "sse2", float, __m128, _mm_set1_ps, _mm_load_ps, madd, _mm_stream_ps)
MUSTER_COPY(sse2_copy, "sse2", __m128i, _mm_load_si128, _mm_stream_si128)
#undef MUSTER_TRIAD
#undef MUSTER_COPY
#endif

}  // namespace

std::vector<StreamingKernels> all_streaming_kernels() {
  std::vector<StreamingKernels> list;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    list.push_back({"AVX-512, non-temporal stores", avx512_copy, avx512_fp64, avx512_fp32});
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    list.push_back({"AVX2, non-temporal stores", avx2_copy, avx2_fp64, avx2_fp32});
  }
  list.push_back({"SSE2, non-temporal stores", sse2_copy, sse2_fp64, sse2_fp32});
#endif
  list.push_back({"plain C++", plain_copy, plain_triad<double>, plain_triad<float>});
  return list;
}

StreamingKernels streaming_kernels() { return all_streaming_kernels().front(); }

}  // namespace muster::host
