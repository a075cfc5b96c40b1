// What this rank's CPUs can do at most, measured here and now: the host has no data sheet that is true of a
// shared or virtual machine.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "kernels/contract/device.hpp"

namespace muster {

struct VectorPeak {
  double flops = 0;     ///< FLOP/s of all threads together (int8: operations)
  double clock_hz = 0;  ///< mean clock of their cores under that load; 0: unknown
};

/// All threads of `team` at once with nothing but multiply-adds on registers, by the widest instructions that
/// the CPU has for `type` (see vector_loops.hpp): "fp64", "fp32", and where there are such instructions
/// "bf16", "fp16", "int8". Twenty rounds of 2.5 ms; the sum of every thread's best, so that other processes
/// do not lower the limit, and the mean of their highest clocks, each seen right after a round. flops /
/// (clock_hz x threads) is what a core does in a cycle: 16 fp64 on Zen 4 (measured here), 32 on Intel's with
/// two 512-bit units.
std::optional<VectorPeak> measured_fma_peak(std::string_view type, Team& team);

/// Bytes read plus bytes written per second by all threads of `team` together, each on its own part of
/// buffers of four times the last-level caches (256 MiB at least), first touched by itself: the best of
/// reading alone (a sum), copying with non-temporal stores, and updating in place, best of five passes each.
/// Reading alone is no limit: where reads and writes have wires of their own, the others move more (measured
/// here on an EPYC virtual machine: 30, 43 and 61 GB/s). Throws OutOfMemory when the two buffers would take
/// more than half of `free_bytes`.
double measured_memory_bandwidth(Team& team, std::uint64_t free_bytes);

/// Bytes per second that one thread copies (memcpy) between two buffers of 64 MiB, best of five: what one
/// rank can take from a peer over shared memory when the data lie in neither's caches.
double measured_copy_bandwidth();

/// Sum of all last-level caches of this machine in bytes; 0 where /sys does not say.
std::uint64_t last_level_cache_bytes();

}  // namespace muster
