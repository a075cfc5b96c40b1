#include "kernels/collective/nccl_api.hpp"

#include <fmt/format.h>

#include "kernels/contract/error.hpp"
#include "kernels/cuda/library.hpp"
#include "kernels/cuda/versions.hpp"

namespace muster::cuda {
namespace {

void bind_communicators(Library const& library, NcclApi& api) {
  library.bind(api.get_version, "ncclGetVersion");
  library.bind(api.get_unique_id, "ncclGetUniqueId");
  library.bind(api.error_string, "ncclGetErrorString");
  library.bind(api.last_error, "ncclGetLastError");
  library.bind(api.init_rank, "ncclCommInitRankConfig");
  library.bind_if_present(api.init_scalable, "ncclCommInitRankScalable");
  library.bind_if_present(api.split, "ncclCommSplit");
  library.bind(api.async_error, "ncclCommGetAsyncError");
  library.bind(api.count, "ncclCommCount");
  library.bind(api.user_rank, "ncclCommUserRank");
  library.bind(api.device, "ncclCommCuDevice");
  library.bind(api.finalize, "ncclCommFinalize");
  library.bind(api.destroy, "ncclCommDestroy");
  library.bind(api.abort, "ncclCommAbort");
}

void bind_operations(Library const& library, NcclApi& api) {
  library.bind(api.all_reduce, "ncclAllReduce");
  library.bind(api.all_gather, "ncclAllGather");
  library.bind(api.reduce_scatter, "ncclReduceScatter");
  library.bind(api.broadcast, "ncclBroadcast");
  library.bind(api.reduce, "ncclReduce");
  library.bind_if_present(api.all_to_all, "ncclAlltoAll");
  library.bind_if_present(api.gather, "ncclGather");
  library.bind_if_present(api.scatter, "ncclScatter");
  library.bind(api.send, "ncclSend");
  library.bind(api.recv, "ncclRecv");
  library.bind(api.group_start, "ncclGroupStart");
  library.bind(api.group_end, "ncclGroupEnd");
  library.bind_if_present(api.group_simulate_end, "ncclGroupSimulateEnd");
  library.bind(api.create_premul_sum, "ncclRedOpCreatePreMulSum");
  library.bind(api.destroy_operator, "ncclRedOpDestroy");
}

void bind_memory(Library const& library, NcclApi& api) {
  library.bind_if_present(api.mem_alloc, "ncclMemAlloc");
  library.bind_if_present(api.mem_free, "ncclMemFree");
  library.bind_if_present(api.register_buffer, "ncclCommRegister");
  library.bind_if_present(api.deregister_buffer, "ncclCommDeregister");
  library.bind_if_present(api.register_window, "ncclCommWindowRegister");
  library.bind_if_present(api.deregister_window, "ncclCommWindowDeregister");
}

NcclApi load() {
  Library const library(
      {"libnccl.so.2"},
      "install NCCL 2.14 or later (libnccl2, or the wheel nvidia-nccl-cu12 or -cu13), or name its "
      "folder in MUSTER_CUDA_LIBS");
  NcclApi api;
  bind_communicators(library, api);
  bind_operations(library, api);
  bind_memory(library, api);
  library.bind_if_present(api.reset_debug, "ncclResetDebugInit");
  return api;
}

std::string version() { return version_text(static_cast<std::size_t>(nccl().version())); }

VersionRegistration const registration{"NCCL", &version};

}  // namespace

int NcclApi::version() const {
  int number = 0;
  check(get_version(&number), "ncclGetVersion");
  return number;
}

void NcclApi::check(ncclResult_t result, std::string_view call) const {
  if (result == ncclSuccess || result == ncclInProgress) return;
  std::string_view const said = last_error(nullptr);
  throw DeviceError(fmt::format("{} failed ({}: {}{}{}) run again with NCCL_DEBUG=INFO to see why", call,
                                static_cast<int>(result), error_string(result),
                                said.empty() ? "" : "; NCCL says: ", said));
}

NcclApi const& nccl() {
  static NcclApi const api = load();
  return api;
}

}  // namespace muster::cuda
