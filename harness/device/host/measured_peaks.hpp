// What this rank's CPUs can do at most, measured here and now: the host has no data sheet that is true of a
// shared or virtual machine.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "kernels/contract/device.hpp"

namespace muster {

/// FLOP/s of all threads of `team` at once with nothing but fused multiply-adds on registers: the widest of
/// AVX-512, AVX2+FMA and plain C++ that the CPU has. type: "fp64", "fp32", or "bf16" (AVX-512 BF16 dot
/// products). Best of five rounds of about 10 ms. Absent for other types, for bf16 without AVX-512 BF16, and
/// for bf16 on CPUs with AMX, whose tiles do more than this loop could show.
std::optional<double> measured_fma_peak(std::string_view type, Team& team);

/// Bytes read plus bytes written per second by all threads of `team` together, each on its own part of
/// buffers of four times the last-level caches (256 MiB at least), first touched by itself: the better of
/// reading alone (a sum) and copying with non-temporal stores, best of five passes each. Reading alone is no
/// limit: where reads and writes have wires of their own, copying moves more (measured here: 14.7 GB/s
/// against 12.8 on an EPYC virtual machine). Throws OutOfMemory when the two buffers would take more than
/// half of `free_bytes`.
double measured_memory_bandwidth(Team& team, std::uint64_t free_bytes);

/// Bytes per second that one thread copies (memcpy) between two buffers of 64 MiB, best of five: what one
/// rank can take from a peer over shared memory when the data lie in neither's caches.
double measured_copy_bandwidth();

/// Sum of all last-level caches of this machine in bytes; 0 where /sys does not say.
std::uint64_t last_level_cache_bytes();

}  // namespace muster
