// What lets one header serve both g++ and nvcc: data made on a GPU and data made on the host are then the
// same bits.
#pragma once

/// In front of functions that run on the host and in CUDA kernels.
#ifdef __CUDACC__
#define MUSTER_HD __host__ __device__
#else
#define MUSTER_HD
#endif
