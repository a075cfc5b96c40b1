// A queue of fixed capacity: nothing is allocated after it has been made.
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

namespace muster::dataload {

template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity) : items_(capacity) {}
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& front() { return items_[first_]; }
  T& back() { return items_[(first_ + size_ - 1) % items_.size()]; }
  /// There must be room.
  void push(T item) { items_[(first_ + size_++) % items_.size()] = std::move(item); }
  /// Must not be empty.
  T pop() {
    T item = std::move(items_[first_]);
    first_ = (first_ + 1) % items_.size();
    --size_;
    return item;
  }

 private:
  std::vector<T> items_;
  std::size_t first_ = 0, size_ = 0;
};

}  // namespace muster::dataload
