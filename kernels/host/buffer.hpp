// Memory for a case's arrays on the host.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

namespace muster::host {

/// Untouched pages straight from the system, so that whoever writes first decides where they lie; huge pages
/// where the system grants them. Aligned to 2 MiB from 2 MiB on, to a page below. Throws OutOfMemory.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::uint64_t bytes);
  ~Buffer();
  Buffer(Buffer&& other) noexcept : Buffer() { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }

  std::byte* data() { return data_; }
  std::byte const* data() const { return data_; }
  template <class T>
  T* as() {
    return reinterpret_cast<T*>(data_);
  }
  template <class T>
  T const* as() const {
    return reinterpret_cast<T const*>(data_);
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  void swap(Buffer& other) noexcept {
    std::swap(mapping_, other.mapping_);
    std::swap(mapped_, other.mapped_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }

  void* mapping_ = nullptr;
  std::size_t mapped_ = 0;
  std::byte* data_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace muster::host
