// How often this thread has asked for memory: for tests of what must not.
#pragma once
#include <cstdint>

namespace muster::test {

/// Calls of operator new by this thread since it began.
std::uint64_t allocations();

}  // namespace muster::test
