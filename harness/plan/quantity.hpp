// Quantities with their units, as people write them into a description: "312TFLOP/s", "200Gb/s", "10PB".
#pragma once
#include <optional>
#include <string_view>

namespace muster {

/// What a number counts. Its base unit is what `unit_of` says.
enum class Dimension { flop_rate, byte_rate, bytes, watts, seconds, number };

std::string_view unit_of(Dimension dimension);  ///< "FLOP/s", "B/s", "B", "W", "s", ""

/// In base units; absent where the unit is another dimension's, or none. Case counts: "200Gb/s" are bits
/// (25e9 B/s), "200GB/s" bytes. Prefixes k, M, G, T, P, E are decimal, Ki, Mi, ... binary. Times end in ns,
/// us, ms, s, m or min, h, d. May be negative or infinite, as written.
std::optional<double> parse_quantity(std::string_view text, Dimension dimension);

}  // namespace muster
