// A loop compiled for several instruction sets, the best taken where it runs.
#pragma once

/// In front of the loop itself, which must end up inside each of its versions.
#define MUSTER_LOOP inline __attribute__((always_inline))

/// Defines void name(parameters), which calls loop(arguments): with AVX-512 or AVX2 where the CPU has them.
#if defined(__x86_64__)
#define MUSTER_FOR_EVERY_CPU(name, loop, parameters, arguments)                                            \
  __attribute__((target(                                                                                   \
      "avx512f,avx512bw,avx512vl,avx512dq,fma,prefer-vector-width=512"))) void name##_avx512(parameters) { \
    loop(arguments);                                                                                       \
  }                                                                                                        \
  __attribute__((target("avx2,fma"))) void name##_avx2(parameters) { loop(arguments); }                    \
  void name##_plain(parameters) { loop(arguments); }                                                       \
  void name(parameters) {                                                                                  \
    static auto const best = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&   \
                                     __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma")   \
                                 ? name##_avx512                                                           \
                             : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")             \
                                 ? name##_avx2                                                             \
                                 : name##_plain;                                                           \
    best(arguments);                                                                                       \
  }
#else
#define MUSTER_FOR_EVERY_CPU(name, loop, parameters, arguments) \
  void name(parameters) { loop(arguments); }
#endif
