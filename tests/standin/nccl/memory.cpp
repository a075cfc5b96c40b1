// Memory of NCCL's own, and memory that it is told of. Since 2.19, windows since 2.27.
#ifndef MUSTER_STANDIN_NCCL_OLD
#include <cstdint>
#include <map>
#include <mutex>

#include "tests/standin/cudart/hooks.hpp"
#include "tests/standin/nccl/handle.hpp"
#include "tests/standin/nccl/log.hpp"

using namespace muster::standin;

namespace {

constexpr std::size_t alignment = NCCL_WIN_REQUIRED_ALIGNMENT;

/// What ncclMemAlloc has given: aligned address to size and cudaMalloc's own address.
class Blocks {
 public:
  struct Block {
    std::size_t bytes;
    void* base;
  };
  void add(void* address, Block block) {
    std::lock_guard const lock(mutex_);
    blocks_[reinterpret_cast<std::uintptr_t>(address)] = block;
  }
  /// cudaMalloc's address; null: not given by ncclMemAlloc.
  void* remove(void* address) {
    std::lock_guard const lock(mutex_);
    auto const found = blocks_.find(reinterpret_cast<std::uintptr_t>(address));
    if (found == blocks_.end()) return nullptr;
    void* const base = found->second.base;
    blocks_.erase(found);
    return base;
  }
  bool holds(void* address, std::size_t bytes) {
    std::lock_guard const lock(mutex_);
    auto const begin = reinterpret_cast<std::uintptr_t>(address);
    auto found = blocks_.upper_bound(begin);
    return found != blocks_.begin() && begin + bytes <= (--found)->first + found->second.bytes;
  }

 private:
  std::mutex mutex_;
  std::map<std::uintptr_t, Block> blocks_;
};

Blocks& blocks() {
  static auto* const the_one = new Blocks;
  return *the_one;
}

/// A handle that is nobody's memory but tells two registrations apart.
void* new_handle() { return new char; }

ncclResult_t deregister(char const* function, ncclComm_t communicator, void* handle) {
  if (auto const status = obstacle(function, communicator)) return *status;
  if (!communicator->shared->remove_registration(handle)) {
    warn(std::string(function) + ": this was never registered");
    return ncclInvalidArgument;
  }
  delete static_cast<char*>(handle);
  return ncclSuccess;
}

}  // namespace

extern "C" {

ncclResult_t ncclMemAlloc(void** address, std::size_t bytes) {
  if (auto const status = obstacle(__func__)) return *status;
  void* base = nullptr;
  if (cudaMalloc(&base, bytes + alignment) != cudaSuccess) {
    (void)cudaGetLastError();  // said by the status
    return ncclUnhandledCudaError;
  }
  auto const up = (reinterpret_cast<std::uintptr_t>(base) + alignment - 1) / alignment * alignment;
  *address = reinterpret_cast<void*>(up);
  blocks().add(*address, {bytes, base});
  return ncclSuccess;
}

ncclResult_t ncclMemFree(void* address) {
  if (auto const status = obstacle(__func__)) return *status;
  void* const base = blocks().remove(address);
  if (base == nullptr) {
    warn("ncclMemFree: this is not from ncclMemAlloc");
    return ncclInvalidArgument;
  }
  return cudaFree(base) == cudaSuccess ? ncclSuccess : ncclUnhandledCudaError;
}

ncclResult_t ncclCommRegister(ncclComm_t communicator, void* buffer, std::size_t bytes, void** handle) {
  if (auto const status = obstacle(__func__, communicator)) return *status;
  if (auto const state = communicator->shared->ready(); state != ncclSuccess) return state;
  if (!muster_standin_is_device_memory(buffer, bytes)) {
    warn("ncclCommRegister: not device memory");
    return ncclInvalidArgument;
  }
  *handle = communicator->shared->add_registration(new_handle());
  return ncclSuccess;
}

ncclResult_t ncclCommDeregister(ncclComm_t communicator, void* handle) {
  return deregister(__func__, communicator, handle);
}

ncclResult_t ncclCommWindowRegister(ncclComm_t communicator, void* buffer, std::size_t bytes,
                                    ncclWindow_t* window, int) {
  auto const plan = planned(__func__, communicator);
  if (plan.status) return *plan.status;
  if (auto const state = communicator->shared->ready(); state != ncclSuccess) return state;
  if (reinterpret_cast<std::uintptr_t>(buffer) % alignment != 0 || !blocks().holds(buffer, bytes)) {
    warn("ncclCommWindowRegister: the buffer is not from ncclMemAlloc, or not aligned to 4096 bytes");
    return ncclInvalidArgument;
  }
  void* const handle = new_handle();
  *window = static_cast<ncclWindow_t>(handle);
  return communicator->shared->register_window(handle, plan.fault);
}

ncclResult_t ncclCommWindowDeregister(ncclComm_t communicator, ncclWindow_t window) {
  return deregister(__func__, communicator, window);
}
}
#endif
