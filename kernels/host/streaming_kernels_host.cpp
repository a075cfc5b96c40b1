#include "kernels/host/streaming_kernels.hpp"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace muster::host {

namespace {

// ---- ordinary stores: loops that the compiler vectorises, once for each instruction set ----

#define MUSTER_INLINE inline __attribute__((always_inline))

template <class T>
MUSTER_INLINE void scale_loop(T* a, T const* b, T scale, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) a[i] = scale * b[i];
}
template <class T>
MUSTER_INLINE void add_loop(T* a, T const* b, T const* c, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) a[i] = b[i] + c[i];
}
template <class T>
MUSTER_INLINE void triad_loop(T* a, T const* b, T const* c, T scale, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) a[i] = b[i] + scale * c[i];
}
MUSTER_INLINE void write_loop(std::uint64_t* words, std::uint64_t count, WordSeries const& series) {
  auto const [first, step, mask, ones] = series;
  for (std::uint64_t i = 0; i < count; ++i) words[i] = ((first + i * step) & mask) | ones;
}
std::uint64_t plain_read(std::uint64_t const* words, std::uint64_t count) {
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < count; ++i) total += words[i];
  return total;
}

// One set of kernels, compiled for an instruction set by the attribute that comes last.
#define MUSTER_CACHED_ARITHMETIC(set, type, attribute)                                                 \
  attribute void set##_scale(type* a, type const* b, type scale, std::uint64_t count) {                \
    scale_loop(a, b, scale, count);                                                                    \
  }                                                                                                    \
  attribute void set##_add(type* a, type const* b, type const* c, std::uint64_t count) {               \
    add_loop(a, b, c, count);                                                                          \
  }                                                                                                    \
  attribute void set##_triad(type* a, type const* b, type const* c, type scale, std::uint64_t count) { \
    triad_loop(a, b, c, scale, count);                                                                 \
  }

#define MUSTER_CACHED(set, attribute)                                                          \
  attribute void set##_write(std::uint64_t* words, std::uint64_t count, WordSeries const& s) { \
    write_loop(words, count, s);                                                               \
  }                                                                                            \
  MUSTER_CACHED_ARITHMETIC(set, double, attribute)                                             \
  MUSTER_CACHED_ARITHMETIC(set, float, attribute)

#define MUSTER_SET(name, reading, copying, set)                                   \
  StreamingKernels {                                                              \
    name, reading, set##_write, copying, {set##_scale, set##_add, set##_triad}, { \
      set##_scale, set##_add, set##_triad                                         \
    }                                                                             \
  }

// The C library's copy knows which stores are best for a copy that the caches are to hold.
void plain_copy(std::byte* a, std::byte const* b, std::uint64_t bytes) {
  std::memcpy(a, b, static_cast<std::size_t>(bytes));
}

MUSTER_CACHED(plain, )

#if defined(__x86_64__)
#define MUSTER_FOR(isa) __attribute__((target(isa)))
MUSTER_CACHED(wide, MUSTER_FOR("avx512f,prefer-vector-width=512"))
MUSTER_CACHED(middle, MUSTER_FOR("avx2,fma"))

// ---- reading: eight sums of a vector each keep enough loads under way, which the compiler does not do by
// itself ----

#define MUSTER_READ(set, isa, vector, mm, bits)                                               \
  MUSTER_FOR(isa) std::uint64_t set##_read(std::uint64_t const* words, std::uint64_t count) { \
    constexpr std::uint64_t lanes = sizeof(vector) / 8;                                       \
    std::uint64_t const whole = count / (8 * lanes) * (8 * lanes);                            \
    vector sums[8];                                                                           \
    _Pragma("GCC unroll 8") for (auto& sum : sums) sum = mm##_setzero_##bits();               \
    for (std::uint64_t i = 0; i < whole; i += 8 * lanes) {                                    \
      _Pragma("GCC unroll 8") for (std::uint64_t j = 0; j < 8; ++j) {                         \
        auto const* const from = reinterpret_cast<vector const*>(words + i + j * lanes);      \
        sums[j] = mm##_add_epi64(sums[j], mm##_load_##bits(from));                            \
      }                                                                                       \
    }                                                                                         \
    alignas(64) std::uint64_t parts[8 * lanes];                                               \
    _Pragma("GCC unroll 8") for (std::uint64_t j = 0; j < 8; ++j) {                           \
      mm##_store_##bits(reinterpret_cast<vector*>(parts + j * lanes), sums[j]);               \
    }                                                                                         \
    return plain_read(parts, 8 * lanes) + plain_read(words + whole, count - whole);           \
  }

MUSTER_READ(avx512, "avx512f", __m512i, _mm512, si512)
MUSTER_READ(avx2, "avx2,fma", __m256i, _mm256, si256)
MUSTER_READ(sse2, "sse2", __m128i, _mm, si128)

// ---- non-temporal stores: four vectors a step, so that several lines are under way at once ----

// The statement for every j that is the first of a whole vector; `whole` scalars are then done.
#define MUSTER_STREAM(vector, scalar, count, ...)                                                     \
  constexpr std::uint64_t width = sizeof(vector) / sizeof(scalar);                                    \
  std::uint64_t const whole = (count) / (4 * width) * (4 * width);                                    \
  for (std::uint64_t i = 0; i < whole; i += 4 * width) {                                              \
    _Pragma("GCC unroll 4") for (std::uint64_t j = i; j < i + 4 * width; j += width) { __VA_ARGS__; } \
  }                                                                                                   \
  _mm_sfence()

#define MUSTER_STREAM_ARITHMETIC(set, isa, scalar, vector, mm, p)                                           \
  MUSTER_FOR(isa) void set##_scale(scalar* a, scalar const* b, scalar scale, std::uint64_t count) {         \
    vector const factor = mm##_set1_##p(scale);                                                             \
    MUSTER_STREAM(vector, scalar, count,                                                                    \
                  mm##_stream_##p(a + j, mm##_mul_##p(factor, mm##_load_##p(b + j))));                      \
    plain_scale(a + whole, b + whole, scale, count - whole);                                                \
  }                                                                                                         \
  MUSTER_FOR(isa) void set##_add(scalar* a, scalar const* b, scalar const* c, std::uint64_t count) {        \
    MUSTER_STREAM(vector, scalar, count,                                                                    \
                  mm##_stream_##p(a + j, mm##_add_##p(mm##_load_##p(b + j), mm##_load_##p(c + j))));        \
    plain_add(a + whole, b + whole, c + whole, count - whole);                                              \
  }                                                                                                         \
  MUSTER_FOR(isa)                                                                                           \
  void set##_triad(scalar* a, scalar const* b, scalar const* c, scalar scale, std::uint64_t count) {        \
    vector const factor = mm##_set1_##p(scale);                                                             \
    MUSTER_STREAM(vector, scalar, count, vector const product = mm##_mul_##p(factor, mm##_load_##p(c + j)); \
                  mm##_stream_##p(a + j, mm##_add_##p(mm##_load_##p(b + j), product)));                     \
    plain_triad(a + whole, b + whole, c + whole, scale, count - whole);                                     \
  }

#define MUSTER_STREAM_WORDS(set, isa, vector, mm, bits, set1)                                              \
  MUSTER_FOR(isa) void set##_copy(std::byte* a, std::byte const* b, std::uint64_t bytes) {                 \
    MUSTER_STREAM(vector, std::byte, bytes,                                                                \
                  auto const loaded = mm##_load_##bits(reinterpret_cast<vector const*>(b + j));            \
                  mm##_stream_##bits(reinterpret_cast<vector*>(a + j), loaded));                           \
    plain_copy(a + whole, b + whole, bytes - whole);                                                       \
  }                                                                                                        \
  MUSTER_FOR(isa) void set##_write(std::uint64_t* words, std::uint64_t count, WordSeries const& s) {       \
    constexpr std::uint64_t lanes = sizeof(vector) / 8;                                                    \
    alignas(64) std::uint64_t start[lanes];                                                                \
    for (std::uint64_t lane = 0; lane < lanes; ++lane) start[lane] = s.first + lane * s.step;              \
    vector next = mm##_load_##bits(reinterpret_cast<vector const*>(start));                                \
    vector const step = set1(static_cast<long long>(lanes * s.step));                                      \
    vector const mask = set1(static_cast<long long>(s.mask)), ones = set1(static_cast<long long>(s.ones)); \
    MUSTER_STREAM(vector, std::uint64_t, count,                                                            \
                  vector const value = mm##_or_##bits(mm##_and_##bits(next, mask), ones);                  \
                  mm##_stream_##bits(reinterpret_cast<vector*>(words + j), value);                         \
                  next = mm##_add_epi64(next, step));                                                      \
    plain_write(words + whole, count - whole, {s.first + whole * s.step, s.step, s.mask, s.ones});         \
  }

MUSTER_STREAM_WORDS(avx512, "avx512f", __m512i, _mm512, si512, _mm512_set1_epi64)
MUSTER_STREAM_ARITHMETIC(avx512, "avx512f", double, __m512d, _mm512, pd)
MUSTER_STREAM_ARITHMETIC(avx512, "avx512f", float, __m512, _mm512, ps)
MUSTER_STREAM_WORDS(avx2, "avx2,fma", __m256i, _mm256, si256, _mm256_set1_epi64x)
MUSTER_STREAM_ARITHMETIC(avx2, "avx2,fma", double, __m256d, _mm256, pd)
MUSTER_STREAM_ARITHMETIC(avx2, "avx2,fma", float, __m256, _mm256, ps)
MUSTER_STREAM_WORDS(sse2, "sse2", __m128i, _mm, si128, _mm_set1_epi64x)
MUSTER_STREAM_ARITHMETIC(sse2, "sse2", double, __m128d, _mm, pd)
MUSTER_STREAM_ARITHMETIC(sse2, "sse2", float, __m128, _mm, ps)
#endif

bool has_avx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") != 0;
#else
  return false;
#endif
}

bool has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

std::vector<StreamingKernels> streaming_sets() {
  std::vector<StreamingKernels> list;
#if defined(__x86_64__)
  if (has_avx512())
    list.push_back(MUSTER_SET("AVX-512, non-temporal stores", avx512_read, avx512_copy, avx512));
  if (has_avx2()) list.push_back(MUSTER_SET("AVX2, non-temporal stores", avx2_read, avx2_copy, avx2));
  list.push_back(MUSTER_SET("SSE2, non-temporal stores", sse2_read, sse2_copy, sse2));
#endif
  return list;
}

std::vector<StreamingKernels> cached_sets() {
  std::vector<StreamingKernels> list;
#if defined(__x86_64__)
  if (has_avx512()) list.push_back(MUSTER_SET("AVX-512, ordinary stores", avx512_read, plain_copy, wide));
  if (has_avx2()) list.push_back(MUSTER_SET("AVX2, ordinary stores", avx2_read, plain_copy, middle));
#endif
  list.push_back(MUSTER_SET("plain C++", plain_read, plain_copy, plain));
  return list;
}

}  // namespace

StreamingKernels streaming_kernels() {
  auto const sets = streaming_sets();
  return sets.empty() ? cached_kernels() : sets.front();
}

StreamingKernels cached_kernels() { return cached_sets().front(); }

std::vector<StreamingKernels> all_streaming_kernels() {
  auto list = streaming_sets();
  for (auto const& set : cached_sets()) list.push_back(set);
  return list;
}

}  // namespace muster::host
