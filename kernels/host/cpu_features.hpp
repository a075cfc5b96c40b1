// Features of x86 CPUs that clang 14's __builtin_cpu_supports knows by no name: bits of CPUID's leaf 7
// (Intel's architecture manual). That the system keeps AVX's registers is said by the features that the
// builtin knows.
#pragma once
#if defined(__x86_64__)
#include <cpuid.h>
#define MUSTER_CPU_HAS(feature) (__builtin_cpu_supports(feature) != 0)  // which wants a literal
#else
#define MUSTER_CPU_HAS(feature) false
#endif

namespace muster::host {

struct CpuidLeaf7 {
  unsigned eax = 0, edx = 0;  ///< 0 where the CPU has no such leaf
};

inline CpuidLeaf7 cpuid_leaf7([[maybe_unused]] unsigned subleaf) {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, subleaf, &a, &b, &c, &d) != 0) return {a, d};
#endif
  return {};
}

inline bool has_avx512fp16() { return MUSTER_CPU_HAS("avx512f") && (cpuid_leaf7(0).edx >> 23 & 1U) != 0; }
inline bool has_avxvnni() { return MUSTER_CPU_HAS("avx2") && (cpuid_leaf7(1).eax >> 4 & 1U) != 0; }

// Whether this process may use the tiles is another question: see amx_loops.cpp.
inline bool has_amx_bf16() { return (cpuid_leaf7(0).edx >> 22 & 1U) != 0; }
inline bool has_amx_tile() { return (cpuid_leaf7(0).edx >> 24 & 1U) != 0; }
inline bool has_amx_int8() { return (cpuid_leaf7(0).edx >> 25 & 1U) != 0; }
inline bool has_amx_fp16() { return (cpuid_leaf7(1).eax >> 21 & 1U) != 0; }

}  // namespace muster::host
