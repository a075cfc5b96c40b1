#include "kernels/collective/nccl_api.hpp"

#include <fmt/format.h>

#include "kernels/contract/error.hpp"
#include "kernels/cuda/library.hpp"
#include "kernels/cuda/versions.hpp"

namespace muster::cuda {
namespace {

NcclApi load() {
  Library const library(
      {"libnccl.so.2"},
      "install NCCL 2.14 or later (libnccl2, or the wheel nvidia-nccl-cu12 or -cu13), or name its "
      "folder in MUSTER_CUDA_LIBS");
  NcclApi api;
  library.bind(api.get_version, "ncclGetVersion");
  library.bind(api.get_unique_id, "ncclGetUniqueId");
  library.bind(api.init_rank, "ncclCommInitRankConfig");
  library.bind(api.async_error, "ncclCommGetAsyncError");
  library.bind(api.finalize, "ncclCommFinalize");
  library.bind(api.destroy, "ncclCommDestroy");
  library.bind(api.abort, "ncclCommAbort");
  library.bind(api.all_reduce, "ncclAllReduce");
  library.bind(api.error_string, "ncclGetErrorString");
  return api;
}

std::string version() {
  int number = 0;
  nccl().check(nccl().get_version(&number), "ncclGetVersion");
  return version_text(static_cast<std::size_t>(number));
}

VersionRegistration const registration{"NCCL", &version};

}  // namespace

void NcclApi::check(ncclResult_t result, std::string_view call) const {
  if (result == ncclSuccess || result == ncclInProgress) return;
  throw DeviceError(fmt::format("{} failed ({}: {}) run again with NCCL_DEBUG=INFO to see why", call,
                                static_cast<int>(result), error_string(result)));
}

NcclApi const& nccl() {
  static NcclApi const api = load();
  return api;
}

}  // namespace muster::cuda
