// Bytes that a node's network ports have sent, as the kernel counts them.
#pragma once
#include <cstdint>
#include <filesystem>

namespace muster {

/// Of all interfaces but the loopback, and of all RDMA ports (whose traffic the interfaces do not see).
/// Counters only rise. 0 where nothing counts. `root` stands in for the file system's in tests.
std::uint64_t bytes_sent(std::filesystem::path const& root = "/");

}  // namespace muster
