// Stand-in for libnccl: ranks are processes (or threads) of one machine that meet in shared memory.
#include <nccl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "tests/standin/cudart/hooks.hpp"
#include "tests/standin/nccl/communicator.hpp"
#include "tests/standin/support/faults.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

// Work that is still in a stream keeps its own hold on the communicator.
struct ncclComm {
  std::shared_ptr<Communicator> shared;
};

namespace {

// What the real library calls host and bus: NCCL_HOSTID makes ranks look like different hosts.
std::uint64_t identity() {
  char const* const host = std::getenv("NCCL_HOSTID");
  return std::hash<std::string>{}(host ? host : "this host") ^
         static_cast<std::uint64_t>(muster_standin_current_gpu());
}

std::optional<ncclResult_t> status_of(std::optional<Fault> const& fault) {
  if (fault && fault->kind == Fault::Kind::status) return static_cast<ncclResult_t>(fault->value);
  return std::nullopt;
}

}  // namespace

extern "C" {

ncclResult_t ncclGetVersion(int* version) {
  *version = NCCL_VERSION_CODE;
  return ncclSuccess;
}

char const* ncclGetErrorString(ncclResult_t result) {
  switch (result) {
    case ncclSuccess:
      return "no error";
    case ncclUnhandledCudaError:
      return "unhandled cuda error (run with NCCL_DEBUG=INFO for details)";
    case ncclSystemError:
      return "unhandled system error (run with NCCL_DEBUG=INFO for details)";
    case ncclInternalError:
      return "internal error - please report this issue to the NCCL developers";
    case ncclInvalidArgument:
      return "invalid argument (run with NCCL_DEBUG=WARN for details)";
    case ncclInvalidUsage:
      return "invalid usage (run with NCCL_DEBUG=WARN for details)";
    case ncclRemoteError:
      return "remote process exited or there was a network error";
    case ncclInProgress:
      return "NCCL operation in progress";
    default:
      return "unknown result code";
  }
}

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  if (auto const status = injected(__func__)) return static_cast<ncclResult_t>(*status);
  static std::atomic<int> number{0};
  std::memset(id->internal, 0, sizeof id->internal);
  auto const now = std::chrono::system_clock::now().time_since_epoch().count();
  std::snprintf(id->internal, sizeof id->internal, "/muster-standin-nccl.%d.%d.%lld",
                static_cast<int>(getpid()), ++number, static_cast<long long>(now));
  return ncclSuccess;
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t* communicator, int ranks, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  auto const found = fault(__func__, rank);
  if (auto const status = status_of(found)) return *status;
  if (machine().gpus == 0) return ncclUnhandledCudaError;
  if (ranks < 1 || rank < 0 || rank >= ranks || ranks > most_ranks) return ncclInvalidArgument;
  bool const blocking = config == nullptr || config->blocking != 0;
  *communicator = new ncclComm{std::make_shared<Communicator>(id.internal, rank, ranks)};
  (*communicator)->shared->join(identity(), found, blocking);
  return (*communicator)->shared->state();
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t communicator, ncclResult_t* state) {
  if (auto const status = injected(__func__, communicator->shared->rank()))
    return static_cast<ncclResult_t>(*status);
  *state = communicator->shared->state();
  return ncclSuccess;
}

ncclResult_t ncclAllReduce(void const* in, void* out, std::size_t count, ncclDataType_t type,
                           ncclRedOp_t operation, ncclComm_t communicator, cudaStream_t stream) {
  auto& shared = *communicator->shared;
  auto const found = fault(__func__, shared.rank());
  if (auto const status = status_of(found)) return *status;
  auto const bytes = count * element_bytes(type);
  bool const known = element_bytes(type) > 0 && operation == ncclSum;
  if (!known || !muster_standin_is_device_memory(in, bytes) || !muster_standin_is_device_memory(out, bytes)) {
    return ncclInvalidArgument;
  }
  if (shared.state() != ncclSuccess) return ncclInvalidUsage;  // set-up has not ended, or something is broken
  return shared.all_reduce(in, out, count, type, found, stream);
}

ncclResult_t ncclCommFinalize(ncclComm_t communicator) {
  if (auto const status = injected(__func__, communicator->shared->rank()))
    return static_cast<ncclResult_t>(*status);
  communicator->shared->finalize();
  return communicator->shared->state();
}

ncclResult_t ncclCommDestroy(ncclComm_t communicator) {
  if (auto const status = injected(__func__, communicator->shared->rank()))
    return static_cast<ncclResult_t>(*status);
  delete communicator;
  return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t communicator) {
  if (auto const status = injected(__func__, communicator->shared->rank()))
    return static_cast<ncclResult_t>(*status);
  communicator->shared->abort();
  delete communicator;
  return ncclSuccess;
}
}
