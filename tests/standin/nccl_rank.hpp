// One rank of a communicator, for tests that call NCCL's own functions: the library by its file, a
// communicator, a stream, device memory.
#pragma once
#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <nccl.h>

#include <chrono>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/contract/group.hpp"

namespace muster::standin {

/// NCCL's functions by name; those that an old library lacks are null.
class NcclLibrary {
 public:
  explicit NcclLibrary(std::string const& file) : handle_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (!handle_) throw std::runtime_error(dlerror());
  }
  template <class Function>
  Function* find(char const* name) const {
    return reinterpret_cast<Function*>(dlsym(handle_, name));
  }

 private:
  void* handle_;
};
#define MUSTER_NCCL(library, function) ((library).find<decltype(function)>(#function))

/// Device memory, which with the stand-in the test can read and write itself when no work is under way. Not
/// given back: that would wait for work that is stuck, and a rank's process ends with its test.
class DeviceBytes {
 public:
  explicit DeviceBytes(std::size_t bytes) : bytes_(bytes) {
    if (cudaMalloc(&address_, bytes) != cudaSuccess) throw std::runtime_error("cudaMalloc");
  }
  DeviceBytes(DeviceBytes const&) = delete;
  DeviceBytes& operator=(DeviceBytes const&) = delete;
  std::byte* data() const { return static_cast<std::byte*>(address_); }
  std::size_t size() const { return bytes_; }
  void fill(std::span<std::byte const> values) { std::memcpy(address_, values.data(), values.size()); }

 private:
  void* address_ = nullptr;
  std::size_t bytes_;
};

class NcclRank {
 public:
  using Clock = std::chrono::steady_clock;

  explicit NcclRank(Group& group, bool blocking = false, std::string const& file = "libnccl.so.2")
      : library(file), group_(group) {
    (void)cudaSetDevice(group.rank());
    if (cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) != cudaSuccess)
      throw std::runtime_error("cudaStreamCreateWithFlags");
    ncclUniqueId id{};
    if (group.rank() == 0) (void)MUSTER_NCCL(library, ncclGetUniqueId)(&id);
    group.broadcast(std::as_writable_bytes(std::span(&id, 1)), 0);
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = blocking ? 1 : 0;
    must(MUSTER_NCCL(library, ncclCommInitRankConfig)(&comm, group.size(), id, group.rank(), &config),
         "init");
  }
  NcclRank(NcclRank const&) = delete;
  NcclRank& operator=(NcclRank const&) = delete;
  ~NcclRank() {
    if (comm) (void)MUSTER_NCCL(library, ncclCommAbort)(comm);
    (void)cudaStreamDestroy(stream);
  }

  /// Orderly, and checked.
  void end() {
    must(MUSTER_NCCL(library, ncclCommFinalize)(comm), "finalize");
    must(MUSTER_NCCL(library, ncclCommDestroy)(std::exchange(comm, nullptr)), "destroy");
  }

  /// The communicator's state, when it is no longer in progress, or after 20 s.
  ncclResult_t settled(ncclComm_t which) const {
    auto state = ncclInProgress;
    for (auto const end = Clock::now() + std::chrono::seconds(20); Clock::now() < end;) {
      (void)MUSTER_NCCL(library, ncclCommGetAsyncError)(which, &state);
      if (state != ncclInProgress) break;
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    return state;
  }
  void must(ncclResult_t result, char const* what) const {
    if (result == ncclInProgress) result = settled(comm);
    if (result != ncclSuccess)
      throw std::runtime_error(std::string(what) + " gave " + std::to_string(static_cast<int>(result)));
  }

  /// Until the stream's work has ended or the communicator reports a fault: that fault, or success.
  ncclResult_t outcome(int seconds = 20) const {
    auto state = ncclSuccess;
    for (auto const end = Clock::now() + std::chrono::seconds(seconds); Clock::now() < end;) {
      if (cudaStreamQuery(stream) == cudaSuccess) return ncclSuccess;
      (void)MUSTER_NCCL(library, ncclCommGetAsyncError)(comm, &state);
      if (state != ncclSuccess && state != ncclInProgress) return state;
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    return ncclInProgress;
  }
  void wait() const {
    if (auto const state = outcome(); state != ncclSuccess)
      throw std::runtime_error("the work gave " + std::to_string(static_cast<int>(state)));
  }

  int rank() const { return group_.rank(); }
  int ranks() const { return group_.size(); }
  Group& group() const { return group_; }

  NcclLibrary library;
  ncclComm_t comm = nullptr;
  cudaStream_t stream = nullptr;

 private:
  Group& group_;
};

}  // namespace muster::standin
