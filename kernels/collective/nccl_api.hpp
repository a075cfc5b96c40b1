// NCCL's functions, found by name in the library when a collective first wants them.
#pragma once
#include <nccl.h>

#include <string_view>

namespace muster::cuda {

struct NcclApi {
  decltype(&ncclGetVersion) get_version = nullptr;
  decltype(&ncclGetUniqueId) get_unique_id = nullptr;
  decltype(&ncclCommInitRankConfig) init_rank = nullptr;
  decltype(&ncclCommGetAsyncError) async_error = nullptr;
  decltype(&ncclCommFinalize) finalize = nullptr;
  decltype(&ncclCommDestroy) destroy = nullptr;
  decltype(&ncclCommAbort) abort = nullptr;
  decltype(&ncclAllReduce) all_reduce = nullptr;
  decltype(&ncclGetErrorString) error_string = nullptr;

  /// Throws DeviceError unless the call succeeded or, in a non-blocking communicator, is still under way.
  void check(ncclResult_t result, std::string_view call) const;
};

/// Throws Unsupported, with the remedy, when libnccl.so.2 is missing or older than 2.14.
NcclApi const& nccl();

}  // namespace muster::cuda
