// Calls that may never return.
#pragma once
#include <chrono>
#include <functional>

namespace muster {

/// Calls `work` in a thread of its own. False: it has not returned within `limit`, and its thread is left
/// behind, so `work` must own all that it touches, and must not throw.
bool returns_within(std::chrono::milliseconds limit, std::function<void()> work);

}  // namespace muster
