// Memory of the device, and page-locked memory of the host, as objects.
#pragma once
#include <cuda_runtime_api.h>

#include <cstddef>
#include <string>
#include <utility>

namespace muster::cuda {

enum class Place { device, pinned };

/// `bytes` of memory, aligned to 256 bytes; given back by the destructor, which waits for no work that uses
/// it.
template <Place place>
class Buffer {
 public:
  Buffer() = default;
  /// Throws OutOfMemory: nothing for `what`, how much was wanted, how much is free.
  Buffer(std::size_t bytes, std::string const& what);
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Buffer();

  template <class T = void>
  T* as() const {
    return static_cast<T*>(data_);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

using DeviceBuffer = Buffer<Place::device>;
using PinnedBuffer = Buffer<Place::pinned>;

/// `bytes` of device memory, or half as much, a quarter...: the first that can be had and is not less than
/// `least`. Throws OutOfMemory.
DeviceBuffer as_much_as_fits(std::size_t bytes, std::size_t least, std::string const& what);

/// Copies and waits until the copy is done. `stream` as in Device::queue().
void copy_to_device(void* device, void const* host, std::size_t bytes, cudaStream_t stream);
void copy_to_host(void* host, void const* device, std::size_t bytes, cudaStream_t stream);

}  // namespace muster::cuda
