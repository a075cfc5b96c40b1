#include "tests/kernels/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::uint64_t> count{0};

void* counted(std::size_t bytes) {
  count.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(bytes > 0 ? bytes : 1);
}
}  // namespace

void* operator new(std::size_t bytes) {
  if (void* const memory = counted(bytes)) return memory;
  throw std::bad_alloc();
}
// Replaced as well, since sanitizers have one of their own, whose memory is not for free().
void* operator new(std::size_t bytes, std::nothrow_t const&) noexcept { return counted(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace muster::test {

std::uint64_t allocations() { return count.load(); }

}  // namespace muster::test
