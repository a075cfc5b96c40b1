// Stand-in for libnccl: ranks are processes (or threads) of one machine that meet in shared memory. Here:
// communicators from their beginning to their end.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "tests/standin/nccl/group.hpp"
#include "tests/standin/nccl/handle.hpp"
#include "tests/standin/nccl/log.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

namespace {

bool is_blocking(ncclConfig_t const* config) { return config == nullptr || config->blocking != 0; }

/// Two, unless the configuration allows fewer.
int channels(ncclConfig_t const* config) {
  bool const limited = config && config->maxCTAs != NCCL_CONFIG_UNDEF_INT;
  return limited ? std::min(config->maxCTAs, 2) : 2;
}

/// As NCCL_CONFIG_INITIALIZER leaves it; and a maximum below 1 is none.
bool is_valid(ncclConfig_t const* config) {
  if (config == nullptr) return true;
  bool const limited = config->maxCTAs != NCCL_CONFIG_UNDEF_INT;
  return config->magic == 0xcafebeefU && (!limited || config->maxCTAs >= 1);
}

/// Stands for all ids together.
std::uint64_t fingerprint(ncclUniqueId const* ids, int count) {
  return std::hash<std::string_view>{}(
      {reinterpret_cast<char const*>(ids), static_cast<std::size_t>(count) * sizeof *ids});
}

ncclResult_t begin(ncclComm_t* communicator, int ranks, int rank, ncclUniqueId const* ids, int count,
                   ncclConfig_t const* config, std::optional<Fault> const& fault) {
  if (fault && fault->kind == Fault::Kind::status) return static_cast<ncclResult_t>(fault->value);
  if (machine().gpus == 0) return ncclUnhandledCudaError;
  if (CallGroup::of_this_thread().open()) {
    warn("the stand-in does not begin communicators in a group");
    return ncclInvalidUsage;
  }
  bool const fits = ranks >= 1 && ranks <= most_ranks && rank >= 0 && rank < ranks;
  if (!fits || count < 1 || count > ranks || !is_valid(config)) return ncclInvalidArgument;
  auto shared =
      std::make_shared<Communicator>(ids->internal, rank, ranks, is_blocking(config), channels(config));
  *communicator = new ncclComm{shared};
  return shared->join(fingerprint(ids, count), fault);
}

ncclResult_t give(char const* function, ncclComm_t communicator, int* where,
                  int (Communicator::*value)() const) {
  if (auto const status = obstacle(function, communicator)) return *status;
  if (auto const state = communicator->shared->ready(); state != ncclSuccess) return state;
  *where = (*communicator->shared.*value)();
  return ncclSuccess;
}

}  // namespace

extern "C" {

ncclResult_t ncclGetVersion(int* version) {
  if (auto const status = obstacle(__func__)) return *status;
#ifdef MUSTER_STANDIN_NCCL_OLD
  *version = 21805;
#else
  *version = NCCL_VERSION_CODE;
#endif
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

char const* ncclGetLastError(ncclComm_t) { return last_error(); }

#ifndef MUSTER_STANDIN_NCCL_OLD
void ncclResetDebugInit() { reset_log(); }
#endif

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  if (auto const status = obstacle(__func__)) return *status;
  static std::atomic<int> number{0};
  std::memset(id->internal, 0, sizeof id->internal);
  auto const now = std::chrono::system_clock::now().time_since_epoch().count();
  std::snprintf(id->internal, sizeof id->internal, "/muster-standin-nccl.%d.%d.%lld",
                static_cast<int>(getpid()), ++number, static_cast<long long>(now));
  return ncclSuccess;
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t* communicator, int ranks, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  return begin(communicator, ranks, rank, &id, 1, config, fault(__func__, rank));
}

#ifndef MUSTER_STANDIN_NCCL_OLD
ncclResult_t ncclCommInitRankScalable(ncclComm_t* communicator, int ranks, int rank, int count,
                                      ncclUniqueId* ids, ncclConfig_t* config) {
  return begin(communicator, ranks, rank, ids, count, config, fault(__func__, rank));
}
#endif

ncclResult_t ncclCommSplit(ncclComm_t communicator, int color, int key, ncclComm_t* child,
                           ncclConfig_t* config) {
  auto const plan = planned(__func__, communicator);
  if (plan.status) return *plan.status;
  auto& parent = *communicator->shared;
  *child = nullptr;
  if (auto const state = parent.ready(); state != ncclSuccess) return state;
  if (color < NCCL_SPLIT_NOCOLOR || !is_valid(config)) return ncclInvalidArgument;
  bool const blocking = config ? is_blocking(config) : parent.blocking();
  std::shared_ptr<Communicator> shared;
  if (color != NCCL_SPLIT_NOCOLOR)
    shared = std::make_shared<Communicator>("", parent.rank(), parent.ranks(), blocking,
                                            config ? channels(config) : parent.channels());
  if (shared) *child = new ncclComm{shared};
  return parent.split(color, key, shared, plan.fault);
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t communicator, ncclResult_t* state) {
  if (auto const status = obstacle(__func__, communicator)) return *status;
  *state = communicator->shared->poll();
  return ncclSuccess;
}

ncclResult_t ncclCommCount(ncclComm_t communicator, int* count) {
  return give(__func__, communicator, count, &Communicator::ranks);
}

ncclResult_t ncclCommUserRank(ncclComm_t communicator, int* rank) {
  return give(__func__, communicator, rank, &Communicator::rank);
}

ncclResult_t ncclCommCuDevice(ncclComm_t communicator, int* device) {
  return give(__func__, communicator, device, &Communicator::device);
}

ncclResult_t ncclCommFinalize(ncclComm_t communicator) {
  auto const plan = planned(__func__, communicator);
  if (plan.status) return *plan.status;
  if (auto const state = communicator->shared->ready(); state != ncclSuccess) return state;
  return communicator->shared->finalize(plan.fault);
}

ncclResult_t ncclCommDestroy(ncclComm_t communicator) {
  if (auto const status = obstacle(__func__, communicator)) return *status;
  delete communicator;
  return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t communicator) {
  if (auto const status = obstacle(__func__, communicator)) return *status;
  communicator->shared->abort();
  delete communicator;
  return ncclSuccess;
}
}
