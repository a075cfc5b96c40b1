// Copies between devices, access from one to another, and page-locking of the caller's own memory.
// MUSTER_STANDIN_PEERS=none: no device can reach another's memory.
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

#include "tests/standin/cudart/runtime.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

namespace {

std::mutex mutex;

std::set<std::pair<int, int>>& enabled() {
  static auto* const pairs = new std::set<std::pair<int, int>>;
  return *pairs;
}

bool exists(int device) { return device >= 0 && device < machine().gpus; }

bool reachable(int from, int to) {
  char const* const value = std::getenv("MUSTER_STANDIN_PEERS");
  return from != to && (value == nullptr || std::string_view(value) != "none");
}

}  // namespace

extern "C" {

cudaError_t cudaGetDevice(int* device) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  *device = current_device();
  return cudaSuccess;
}

cudaError_t cudaDeviceCanAccessPeer(int* able, int device, int peer) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  if (!exists(device) || !exists(peer)) return remember(cudaErrorInvalidDevice);
  *able = reachable(device, peer) ? 1 : 0;
  return cudaSuccess;
}

cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  if (!exists(peer)) return remember(cudaErrorInvalidDevice);
  if (!reachable(current_device(), peer)) return remember(cudaErrorPeerAccessUnsupported);
  std::lock_guard const lock(mutex);
  bool const added = enabled().emplace(current_device(), peer).second;
  return remember(added ? cudaSuccess : cudaErrorPeerAccessAlreadyEnabled);
}

cudaError_t cudaDeviceDisablePeerAccess(int peer) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  std::lock_guard const lock(mutex);
  bool const removed = enabled().erase({current_device(), peer}) > 0;
  return remember(removed ? cudaSuccess : cudaErrorPeerAccessNotEnabled);
}

// Stricter than the real one: a pointer must belong to some device's memory as a whole.
cudaError_t cudaMemcpyPeerAsync(void* to, int to_device, void const* from, int from_device, std::size_t bytes,
                                cudaStream_t handle) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto& runtime = Runtime::instance();
  auto const stream = runtime.stream(handle, current_device());
  if (!stream) return remember(cudaErrorInvalidResourceHandle);
  if (!exists(to_device) || !exists(from_device)) return remember(cudaErrorInvalidDevice);
  if (!runtime.is_device(to, bytes) || !runtime.is_device(from, bytes))
    return remember(cudaErrorInvalidValue);
  stream->push([to, from, bytes] {
    std::memmove(to, from, bytes);
    return cudaSuccess;
  });
  return cudaSuccess;
}

cudaError_t cudaHostRegister(void* address, std::size_t bytes, unsigned) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  return remember(Runtime::instance().register_host(address, bytes));
}

cudaError_t cudaHostUnregister(void* address) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  return remember(Runtime::instance().unregister_host(address));
}
}
