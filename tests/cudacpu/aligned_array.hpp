// Memory as cudaMalloc gives it: aligned, and ending exactly where it ends, so that AddressSanitizer sees a
// step beyond.
#pragma once
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>

namespace muster {

template <class T>
class AlignedArray {
 public:
  /// All bytes 0xff, which is NaN in the floating-point types: a value nobody has written is no right one.
  explicit AlignedArray(std::size_t count) : count_(count) {
    void* memory = nullptr;
    if (posix_memalign(&memory, 256, count * sizeof(T) + (count == 0)) != 0) throw std::bad_alloc();
    data_.reset(static_cast<T*>(memory));
    std::memset(memory, 0xff, count * sizeof(T));
  }
  T* data() { return data_.get(); }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + count_; }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t count_;
};

}  // namespace muster
