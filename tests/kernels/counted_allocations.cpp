#include "tests/kernels/counted_allocations.hpp"

#include <cstdlib>
#include <new>

namespace muster::test {
namespace {
thread_local std::uint64_t count = 0;
}

std::uint64_t allocations() { return count; }

}  // namespace muster::test

// All other forms but those of a higher alignment end here.
void* operator new(std::size_t bytes) {
  ++muster::test::count;
  if (void* const memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
