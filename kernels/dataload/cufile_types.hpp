// What of cuFile's interface is used here, as its public header declares it (cufile.h of CUDA 13, libcufile
// 1.15; GetStatsL3 since 1.15, the rest for longer). Declared anew, so that neither building nor starting
// needs the library or its header.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace muster::cuda {

/// CUfileError_t.
struct CufileStatus {
  int error = 0;   ///< CUfileOpError: 0, or from 5001 on
  int driver = 0;  ///< CUresult, with 5011
};

using CufileHandle = void*;

/// CUfileDescr_t.
struct CufileDescription {
  int type = 1;  ///< a descriptor of Linux
  union {
    int descriptor;
    void* handle;
  } file{};
  void const* operations = nullptr;
};

/// CUfilePerGpuStats_t.
struct CufileGpuCounters {
  char uuid[16];
  std::uint64_t read_bytes, read_bytes_per_second, read_utilization, read_microseconds;
  std::uint64_t reads, p2p_reads, nvfs_reads, posix_reads, unaligned_reads, dynamically_routed_reads;
  std::uint64_t sparse_regions, inline_regions, failed_reads;
  std::uint64_t of_writes[11], of_registrations[5];
};

/// CUfileStatsLevel3_t.
struct CufileCounters {
  std::uint64_t of_levels_1_and_2[128];
  std::uint32_t gpus;
  CufileGpuCounters of_gpu[16];
};

static_assert(sizeof(CufileStatus) == 8 && sizeof(CufileDescription) == 24);
static_assert(sizeof(CufileGpuCounters) == 248 && offsetof(CufileGpuCounters, posix_reads) == 72);
static_assert(sizeof(CufileCounters) == 5000 && offsetof(CufileCounters, of_gpu) == 1032);

}  // namespace muster::cuda
