// NCCL's functions, found by name in the library when a collective first wants them.
#pragma once
#include <nccl.h>

#include <string_view>

namespace muster::cuda {

/// Behind each the first version that has it. Those newer than 2.14, which is required, are null in an older
/// library.
struct NcclApi {
  decltype(&ncclGetVersion) get_version = nullptr;
  decltype(&ncclGetUniqueId) get_unique_id = nullptr;
  decltype(&ncclGetErrorString) error_string = nullptr;
  decltype(&ncclGetLastError) last_error = nullptr;             // 2.13
  decltype(&ncclCommInitRankConfig) init_rank = nullptr;        // 2.14
  decltype(&ncclCommInitRankScalable) init_scalable = nullptr;  // 2.23
  decltype(&ncclCommSplit) split = nullptr;                     // 2.18
  decltype(&ncclCommGetAsyncError) async_error = nullptr;
  decltype(&ncclCommCount) count = nullptr;
  decltype(&ncclCommUserRank) user_rank = nullptr;
  decltype(&ncclCommCuDevice) device = nullptr;
  decltype(&ncclCommFinalize) finalize = nullptr;  // 2.14
  decltype(&ncclCommDestroy) destroy = nullptr;
  decltype(&ncclCommAbort) abort = nullptr;

  decltype(&ncclAllReduce) all_reduce = nullptr;
  decltype(&ncclAllGather) all_gather = nullptr;
  decltype(&ncclReduceScatter) reduce_scatter = nullptr;
  decltype(&ncclBroadcast) broadcast = nullptr;
  decltype(&ncclReduce) reduce = nullptr;
  decltype(&ncclAlltoAll) all_to_all = nullptr;  // 2.28.3
  decltype(&ncclGather) gather = nullptr;        // 2.28.3
  decltype(&ncclScatter) scatter = nullptr;      // 2.28.3
  decltype(&ncclSend) send = nullptr;            // 2.7
  decltype(&ncclRecv) recv = nullptr;            // 2.7
  decltype(&ncclGroupStart) group_start = nullptr;
  decltype(&ncclGroupEnd) group_end = nullptr;
  decltype(&ncclGroupSimulateEnd) group_simulate_end = nullptr;     // 2.22
  decltype(&ncclRedOpCreatePreMulSum) create_premul_sum = nullptr;  // 2.11
  decltype(&ncclRedOpDestroy) destroy_operator = nullptr;           // 2.11

  decltype(&ncclMemAlloc) mem_alloc = nullptr;                      // 2.19
  decltype(&ncclMemFree) mem_free = nullptr;                        // 2.19
  decltype(&ncclCommRegister) register_buffer = nullptr;            // 2.19
  decltype(&ncclCommDeregister) deregister_buffer = nullptr;        // 2.19
  decltype(&ncclCommWindowRegister) register_window = nullptr;      // 2.27
  decltype(&ncclCommWindowDeregister) deregister_window = nullptr;  // 2.27

  void (*reset_debug)() = nullptr;  // ncclResetDebugInit: 2.24; deprecated, so it may go again

  int version() const;  ///< 22809 is 2.28.9
  /// Throws DeviceError unless the call succeeded or, in a non-blocking communicator, is still under way. The
  /// message has NCCL's own last words.
  void check(ncclResult_t result, std::string_view call) const;
};

/// Throws Unsupported, with the remedy, when libnccl.so.2 is missing or older than 2.14.
NcclApi const& nccl();

}  // namespace muster::cuda
