// CUDA kernels on the CPU, for tests. Include this before a kernel's header (.cuh), compile with a C++
// compiler, launch with cudacpu::launch. See README.md for what is modelled and what is not.
#pragma once
#ifdef __CUDACC__
#error "cudacpu.hpp is for the C++ compiler; nvcc has the real thing"
#endif

#include "tests/cudacpu/execution.hpp"
#include "tests/cudacpu/intrinsics.hpp"
#include "tests/cudacpu/tensor_cores.hpp"
#include "tests/cudacpu/vector_types.hpp"

// Kernels may be defined in headers.
#define __global__ inline
#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
// In a function thread_local implies static; unlike static, it may follow extern (dynamic shared memory), and
// two host threads that launch at the same time do not share it.
#define __shared__ thread_local

using cudaStream_t = struct CUstream_st*;
