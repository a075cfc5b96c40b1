// CUDA's built-in device functions, as far as our kernels use them. Semantics: CUDA C++ programming
// guide 13.0, "C++ language extensions". A function that is missing here fails to compile, which is the
// wanted reminder to add it.
#pragma once
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "tests/cudacpu/execution.hpp"

// ---- barriers, fences ----

inline void __syncthreads(cudacpu::Where where = cudacpu::Where::current()) { cudacpu::block_barrier(where); }
inline void __syncwarp(unsigned mask = 0xffffffffu, cudacpu::Where where = cudacpu::Where::current()) {
  cudacpu::warp_exchange(cudacpu::WarpOperation::sync, mask, 0, where);
}
// Threads of a launch take turns, so all they have written is seen already.
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}

// ---- warp shuffles and votes ----

namespace cudacpu {

/// What CUDA's shuffles take.
template <class T>
concept Shuffled = std::is_arithmetic_v<T> && sizeof(T) <= sizeof(std::uint64_t) && sizeof(T) >= 4;

/// `source(lane, segment)` names the lane to read from, given the first lane of the caller's segment of
/// `width` lanes. A lane that does not take part reads as all ones (NaN, -1): CUDA leaves it undefined, and
/// zero would look right.
template <Shuffled T, class Source>
T shuffle(unsigned mask, T value, int width, Where where, Source source) {
  if (width < 1 || width > 32 || (width & (width - 1)) != 0) {
    throw InvalidLane("a shuffle of width " + std::to_string(width) +
                      " (not a power of two up to 32) change the width");
  }
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  unsigned const own = lane();
  auto const& exchange = warp_exchange(WarpOperation::shuffle, mask, bits, where);
  unsigned const from = source(own, own & ~(static_cast<unsigned>(width) - 1));
  std::uint64_t const seen = exchange.lanes >> from & 1u ? exchange.values[from] : ~std::uint64_t{0};
  T result;
  std::memcpy(&result, &seen, sizeof result);
  return result;
}

}  // namespace cudacpu

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32,
              cudacpu::Where where = cudacpu::Where::current()) {
  return cudacpu::shuffle(mask, value, width, where, [&](unsigned, unsigned segment) {
    return segment + (static_cast<unsigned>(source) & (static_cast<unsigned>(width) - 1));
  });
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   cudacpu::Where where = cudacpu::Where::current()) {
  return cudacpu::shuffle(mask, value, width, where, [&](unsigned own, unsigned segment) {
    return own + delta < segment + static_cast<unsigned>(width) ? own + delta : own;
  });
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 cudacpu::Where where = cudacpu::Where::current()) {
  return cudacpu::shuffle(mask, value, width, where, [&](unsigned own, unsigned segment) {
    return own >= segment + delta ? own - delta : own;
  });
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32,
                  cudacpu::Where where = cudacpu::Where::current()) {
  // A partner in a later segment is out of reach, one in an earlier segment is not.
  return cudacpu::shuffle(mask, value, width, where, [&](unsigned own, unsigned segment) {
    unsigned const partner = own ^ (static_cast<unsigned>(lane_mask) & 31u);
    return partner < segment + static_cast<unsigned>(width) ? partner : own;
  });
}

inline unsigned __ballot_sync(unsigned mask, int predicate,
                              cudacpu::Where where = cudacpu::Where::current()) {
  auto const& exchange =
      cudacpu::warp_exchange(cudacpu::WarpOperation::vote, mask, predicate != 0 ? 1 : 0, where);
  unsigned votes = 0;
  for (unsigned i = 0; i < 32; ++i)
    votes |= (exchange.lanes >> i & 1u) != 0 && exchange.values[i] != 0 ? 1u << i : 0u;
  return votes;
}
inline int __any_sync(unsigned mask, int predicate, cudacpu::Where where = cudacpu::Where::current()) {
  return __ballot_sync(mask, predicate, where) != 0 ? 1 : 0;
}
inline int __all_sync(unsigned mask, int predicate, cudacpu::Where where = cudacpu::Where::current()) {
  return __ballot_sync(mask, predicate == 0 ? 1 : 0, where) == 0 ? 1 : 0;
}

// ---- atomics; the types that CUDA has them for (so no unsigned long, as on the device) ----

namespace cudacpu {

template <class T, class... Those>
concept OneOf = (std::same_as<T, Those> || ...);
template <class T>
concept Added = OneOf<T, int, unsigned, unsigned long long, float, double>;
template <class T>
concept Ordered = OneOf<T, int, unsigned, long long, unsigned long long>;

template <class T, class Combine>
T atomic_update(T* address, Combine combine) {
  std::atomic_ref<T> target(*address);
  T old = target.load();
  while (!target.compare_exchange_weak(old, combine(old))) {
  }
  return old;
}

}  // namespace cudacpu

template <cudacpu::Added T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  return cudacpu::atomic_update(address, [=](T old) { return old + value; });
}
template <cudacpu::OneOf<int, unsigned> T>
T atomicSub(T* address, std::type_identity_t<T> value) {
  return cudacpu::atomic_update(address, [=](T old) { return old - value; });
}
template <cudacpu::Ordered T>
T atomicMax(T* address, std::type_identity_t<T> value) {
  return cudacpu::atomic_update(address, [=](T old) { return old < value ? value : old; });
}
template <cudacpu::Ordered T>
T atomicMin(T* address, std::type_identity_t<T> value) {
  return cudacpu::atomic_update(address, [=](T old) { return value < old ? value : old; });
}
template <cudacpu::OneOf<int, unsigned, unsigned long long> T>
T atomicOr(T* address, std::type_identity_t<T> value) {
  return cudacpu::atomic_update(address, [=](T old) { return old | value; });
}
template <cudacpu::OneOf<int, unsigned, unsigned long long> T>
T atomicAnd(T* address, std::type_identity_t<T> value) {
  return cudacpu::atomic_update(address, [=](T old) { return old & value; });
}
template <cudacpu::OneOf<int, unsigned, unsigned long long, float> T>
T atomicExch(T* address, std::type_identity_t<T> value) {
  return cudacpu::atomic_update(address, [=](T) { return value; });
}
/// Stores `value` where `expected` was found; the old value either way.
template <cudacpu::OneOf<int, unsigned, unsigned long long> T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  return cudacpu::atomic_update(address, [=](T old) { return old == expected ? value : old; });
}

// ---- loads and stores with cache hints: plain ones here ----

#define CUDACPU_LOAD(name)   \
  template <class T>         \
  T name(T const* address) { \
    return *address;         \
  }
#define CUDACPU_STORE(name)                              \
  template <class T>                                     \
  void name(T* address, std::type_identity_t<T> value) { \
    *address = value;                                    \
  }
CUDACPU_LOAD(__ldg)
CUDACPU_LOAD(__ldca)
CUDACPU_LOAD(__ldcg)
CUDACPU_LOAD(__ldcs)
CUDACPU_LOAD(__ldcv)
CUDACPU_LOAD(__ldlu)
CUDACPU_STORE(__stcg)
CUDACPU_STORE(__stcs)
CUDACPU_STORE(__stwb)
CUDACPU_STORE(__stwt)
#undef CUDACPU_LOAD
#undef CUDACPU_STORE

// ---- time ----

/// Of a multiprocessor at 1 GHz: what matters here is that it passes.
inline long long clock64() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// ---- arithmetic ----

// Conversions saturate and take NaN to 0, as the hardware's do (a C++ cast would be undefined).
namespace cudacpu {
template <std::integral To>
To saturating(double rounded) {
  if (std::isnan(rounded)) return 0;
  if (rounded <= static_cast<double>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
  if (rounded >= static_cast<double>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
  return static_cast<To>(rounded);
}
}  // namespace cudacpu
inline int __float2int_rn(float x) { return cudacpu::saturating<int>(std::nearbyint(x)); }
inline int __float2int_rz(float x) { return cudacpu::saturating<int>(std::trunc(x)); }
inline int __float2int_rd(float x) { return cudacpu::saturating<int>(std::floor(x)); }
inline int __float2int_ru(float x) { return cudacpu::saturating<int>(std::ceil(x)); }
inline unsigned __float2uint_rn(float x) { return cudacpu::saturating<unsigned>(std::nearbyint(x)); }
inline unsigned __float2uint_rz(float x) { return cudacpu::saturating<unsigned>(std::trunc(x)); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }

inline float __fmaf_rn(float x, float y, float z) { return std::fmaf(x, y, z); }
inline double __fma_rn(double x, double y, double z) { return std::fma(x, y, z); }
inline float __fadd_rn(float x, float y) { return x + y; }
inline float __fsub_rn(float x, float y) { return x - y; }
inline float __fmul_rn(float x, float y) { return x * y; }
inline float __fdiv_rn(float x, float y) { return x / y; }
inline float __fdividef(float x, float y) { return x / y; }
inline double __dadd_rn(double x, double y) { return x + y; }
inline double __dmul_rn(double x, double y) { return x * y; }
inline float __saturatef(float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }  // NaN becomes 0
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }
inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }

inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline long long __double_as_longlong(double x) { return std::bit_cast<long long>(x); }
inline double __longlong_as_double(long long x) { return std::bit_cast<double>(x); }

/// Bytes 0 to 3 are those of `x`, 4 to 7 those of `y`; each of the four lowest digits of `selector` picks one
/// (those from 8 on would repeat its sign).
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  std::uint64_t const bytes = static_cast<std::uint64_t>(y) << 32 | x;
  unsigned result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    unsigned const digit = selector >> (4 * i) & 0xFu;
    auto const byte = static_cast<unsigned>(bytes >> (8 * (digit & 7u)) & 0xFFu);
    bool const negative = (byte & 0x80u) != 0;
    result |= (digit < 8 ? byte : (negative ? 0xFFu : 0u)) << (8 * i);
  }
  return result;
}

inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return std::countl_zero(static_cast<unsigned long long>(x)); }
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
inline unsigned __umulhi(unsigned x, unsigned y) {
  return static_cast<unsigned>((static_cast<unsigned long long>(x) * y) >> 32);
}
inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
  __extension__ using wide = unsigned __int128;
  return static_cast<unsigned long long>((static_cast<wide>(x) * y) >> 64);
}

#define CUDACPU_MIN_MAX(type)                                  \
  constexpr type min(type a, type b) { return b < a ? b : a; } \
  constexpr type max(type a, type b) { return a < b ? b : a; }
CUDACPU_MIN_MAX(int)
CUDACPU_MIN_MAX(unsigned)
CUDACPU_MIN_MAX(long)
CUDACPU_MIN_MAX(unsigned long)
CUDACPU_MIN_MAX(long long)
CUDACPU_MIN_MAX(unsigned long long)
#undef CUDACPU_MIN_MAX
// Of a number and a NaN, the number.
inline float min(float a, float b) { return std::fmin(a, b); }
inline float max(float a, float b) { return std::fmax(a, b); }
inline double min(double a, double b) { return std::fmin(a, b); }
inline double max(double a, double b) { return std::fmax(a, b); }
