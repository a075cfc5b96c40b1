#include "kernels/cuda/buffer.hpp"

#include <fmt/format.h>

#include "kernels/cuda/error.hpp"
#include "kernels/cuda/stream.hpp"

namespace muster::cuda {
namespace {

double mebibytes(std::size_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0); }

std::string free_text() {
  std::size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess) return "the device does not say how much is free";
  return fmt::format("{:.6g} MiB of {:.6g} MiB free", mebibytes(free), mebibytes(total));
}

[[noreturn]] void refuse(Place place, std::size_t bytes, std::string const& what) {
  (void)cudaGetLastError();
  auto const wanted = fmt::format("{:.6g} MiB wanted", mebibytes(bytes));
  if (place == Place::device) {
    throw OutOfMemory(
        fmt::format("no device memory for {} ({}, {}) use a smaller size, or end other processes on the GPU",
                    what, wanted, free_text()));
  }
  throw OutOfMemory(
      fmt::format("no page-locked host memory for {} ({}) use a smaller size, or raise `ulimit -l` and the "
                  "container's memory limit",
                  what, wanted));
}

void copy(void* to, void const* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  check(cudaMemcpyAsync(to, from, bytes, kind, stream), "cudaMemcpyAsync");
  wait(stream);
}

}  // namespace

template <Place place>
Buffer<place>::Buffer(std::size_t bytes, std::string const& what) : bytes_(bytes) {
  if (bytes == 0) return;
  auto const status =
      place == Place::device ? cudaMalloc(&data_, bytes) : cudaHostAlloc(&data_, bytes, cudaHostAllocDefault);
  if (status == cudaErrorMemoryAllocation) refuse(place, bytes, what);
  check(status, place == Place::device ? "cudaMalloc" : "cudaHostAlloc");
}

template <Place place>
Buffer<place>::~Buffer() {
  if (!data_) return;
  // After a fault of the device these fail as well, and there is nothing left to give back.
  (void)(place == Place::device ? cudaFree(data_) : cudaFreeHost(data_));
}

template class Buffer<Place::device>;
template class Buffer<Place::pinned>;

DeviceBuffer as_much_as_fits(std::size_t bytes, std::size_t least, std::string const& what) {
  for (std::size_t size = bytes;; size /= 2) {
    try {
      return DeviceBuffer(size, what);
    } catch (OutOfMemory const&) {
      if (size / 2 < least) throw;
    }
  }
}

void copy_to_device(void* device, void const* host, std::size_t bytes, cudaStream_t stream) {
  copy(device, host, bytes, cudaMemcpyHostToDevice, stream);
}

void copy_to_host(void* host, void const* device, std::size_t bytes, cudaStream_t stream) {
  copy(host, device, bytes, cudaMemcpyDeviceToHost, stream);
}

}  // namespace muster::cuda
