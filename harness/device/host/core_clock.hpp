// How fast a core really runs.
#pragma once
#include <optional>

namespace muster {

/// Clock of the core that the calling thread is on, in Hz: a chain of 200 thousand integer additions, each of
/// which needs the one before, takes a cycle each on every x86-64 and Arm core. Some 60 microseconds; a core
/// that has just been under vector load keeps the clock of that load longer than this (Intel: about 0.7 ms).
/// An interruption makes the result too low, never too high. Absent on other architectures.
std::optional<double> core_clock_hz();

}  // namespace muster
