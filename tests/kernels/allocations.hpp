// Counts what the test program takes from the heap through operator new.
#pragma once
#include <cstdint>

namespace muster::test {

/// By all threads, since the program began.
std::uint64_t allocations();

}  // namespace muster::test
