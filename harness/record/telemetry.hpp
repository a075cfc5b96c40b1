// From a rank's pulses and counters to what the document says of its device.
#pragma once
#include <optional>
#include <string_view>

#include "harness/core/record.hpp"

namespace muster {

/// Does this reason take speed away that the device would otherwise have? A clock that somebody set is no
/// throttling.
bool is_throttling(std::string_view reason);

/// Does it leave figures that are none of a healthy device? At its power limit a device runs as it is
/// configured to, as large products make every one do; what else holds the clock down is heat, a broken
/// supply, or somebody's brake.
bool taints(std::string_view reason);

/// Absent when the device told nothing.
std::optional<Telemetry> telemetry_of(RankRecord const& record);

/// The median of the clock while samples were taken; absent where the device has none to tell.
std::optional<double> measured_clock(RankRecord const& record);

}  // namespace muster
