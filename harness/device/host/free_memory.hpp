// Memory that this process may still take.
#pragma once
#include <cstdint>
#include <filesystem>

namespace muster {

/// MemAvailable of /proc/meminfo, or what the memory limits of this process's control groups (v1 and v2, its
/// own and those above) leave, whichever is less. In bytes. `root` is where /proc and /sys are looked for
/// (tests).
std::uint64_t free_host_memory(std::filesystem::path const& root = "/");

/// MemTotal of /proc/meminfo, in bytes.
std::uint64_t total_host_memory(std::filesystem::path const& root = "/");

}  // namespace muster
