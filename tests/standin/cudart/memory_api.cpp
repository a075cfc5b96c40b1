// Memory and copies. A pointer that is not what the call says it is gives an error, where a real GPU would
// fault later.
#include <algorithm>
#include <cstring>
#include <vector>

#include "tests/standin/cudart/graph.hpp"
#include "tests/standin/cudart/runtime.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

namespace {

// Are both ends where `kind` says?
bool places_fit(void const* to, void const* from, std::size_t bytes, cudaMemcpyKind kind) {
  auto const& runtime = Runtime::instance();
  auto const device = [&](void const* address) { return runtime.is_device(address, bytes); };
  auto const host = [&](void const* address) { return !runtime.touches_device(address, bytes); };
  switch (kind) {
    case cudaMemcpyHostToHost:
      return host(to) && host(from);
    case cudaMemcpyHostToDevice:
      return device(to) && host(from);
    case cudaMemcpyDeviceToHost:
      return host(to) && device(from);
    case cudaMemcpyDeviceToDevice:
      return device(to) && device(from);
    case cudaMemcpyDefault:
      return (device(to) || host(to)) && (device(from) || host(from));
  }
  return false;
}

}  // namespace

extern "C" {

cudaError_t cudaMalloc(void** address, std::size_t bytes) {
  if (auto const status = obstacle_to_unsafe(__func__)) return remember(*status);
  return remember(Runtime::instance().allocate(address, bytes, current_device()));
}

cudaError_t cudaFree(void* address) {
  if (auto const status = obstacle_to_unsafe(__func__)) return remember(*status);
  return remember(Runtime::instance().free(address));
}

cudaError_t cudaHostAlloc(void** address, std::size_t bytes, unsigned) {
  if (auto const status = obstacle_to_unsafe(__func__)) return remember(*status);
  return remember(Runtime::instance().allocate_pinned(address, bytes));
}

cudaError_t cudaFreeHost(void* address) {
  if (auto const status = obstacle_to_unsafe(__func__)) return remember(*status);
  return remember(Runtime::instance().free_pinned(address));
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  *total = memory_bytes();
  *free = *total - std::min(*total, Runtime::instance().used(current_device()));
  return cudaSuccess;
}

// Pageable memory is read before the call returns, and written before it does; page-locked memory whenever
// the stream comes to it, as with the real one.
cudaError_t cudaMemcpyAsync(void* to, void const* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t handle) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto& runtime = Runtime::instance();
  auto const stream = runtime.stream(handle, current_device());
  if (!stream) return remember(cudaErrorInvalidResourceHandle);
  if (bytes == 0) return cudaSuccess;
  if (!places_fit(to, from, bytes, kind)) return remember(cudaErrorInvalidValue);
  auto const pageable = [&](void const* address) {
    return !runtime.is_device(address, bytes) && !runtime.is_pinned(address, bytes);
  };
  if ((pageable(from) || pageable(to)) && spoils_capture(*stream)) {
    return remember(cudaErrorStreamCaptureUnsupported);
  }
  if (pageable(from)) {
    auto const* const begin = static_cast<char const*>(from);
    stream->push([to, staged = std::vector<char>(begin, begin + bytes)] {
      std::memcpy(to, staged.data(), staged.size());
      return cudaSuccess;
    });
  } else {
    stream->push([to, from, bytes] {
      std::memmove(to, from, bytes);
      return cudaSuccess;
    });
  }
  if (pageable(to)) stream->drain();
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* address, int value, std::size_t bytes, cudaStream_t handle) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const stream = Runtime::instance().stream(handle, current_device());
  if (!stream) return remember(cudaErrorInvalidResourceHandle);
  if (bytes == 0) return cudaSuccess;
  if (!Runtime::instance().is_device(address, bytes)) return remember(cudaErrorInvalidValue);
  stream->push([address, value, bytes] {
    std::memset(address, value, bytes);
    return cudaSuccess;
  });
  return cudaSuccess;
}
}
