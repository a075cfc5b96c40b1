// Bytes that a node's network ports have sent, as the kernel counts them.
#pragma once
#include <cstdint>
#include <filesystem>

namespace muster {

/// Of all RDMA ports where there are any (the interfaces do not see what they send), else of all interfaces
/// but the loopback and those that stand on others. Counters only rise, until somebody resets them. 0 where
/// nothing counts. `root` stands in for the file system's in tests.
std::uint64_t bytes_sent(std::filesystem::path const& root = "/");

}  // namespace muster
