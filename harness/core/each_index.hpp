// The same work for every index, on a few threads.
#pragma once
#include <cstddef>
#include <functional>

namespace muster {

/// Calls `work` once for each of 0..count-1, in that order as far as one thread is concerned. Throws what a
/// call threw, once all threads have ended; indexes that nobody had begun by then are left out.
void each_index(std::size_t count, int threads, std::function<void(std::size_t)> const& work);

}  // namespace muster
