// A group whose every call is marked for the watch.
#pragma once
#include <memory>

#include "harness/run/watch.hpp"
#include "kernels/contract/group.hpp"

namespace muster {

/// Forwards to `all`, the group of all ranks. Parts that it is split into are watched as well. The watch
/// outlives it.
std::unique_ptr<Group> watched(std::unique_ptr<Group> all, Watch& watch);

}  // namespace muster
