// Numbers for people: "256.4 TFLOP/s", "1 GiB", "2 min 40 s"; and sizes as people write them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

/// A value with its unit and a decimal prefix, four significant digits: ("B/s", 1.742e12) -> "1.742 TB/s".
/// Units that take no prefix ("images/s", "") get thousands separators: "18,940 images/s".
std::string human(double value, std::string_view unit);

/// One prefix for many values: what to divide them by, and the unit with its prefix. Follows the largest of
/// them: (1.742e12, "B/s") -> {1e12, "TB/s"}.
struct Scale {
  double divisor = 1;
  std::string unit{};
};
Scale common_scale(double largest, std::string_view unit);

/// Binary size as a person writes it: 1048576 -> "1 MiB"; not a whole number of a unit -> "1.50 MiB".
std::string human_bytes(std::uint64_t bytes);

/// "850 ms", "12.4 s", "2 min 40 s", "3 h 05 min".
std::string human_duration(double seconds);

/// "1048576", "1MiB", "1 MiB", "64K", "1.5GB" (K, M, G, T and KiB.. are binary, KB, MB.. decimal) -> bytes.
/// Absent when it is none of these, negative, not a whole number of bytes, or too large for int64.
std::optional<std::int64_t> parse_bytes(std::string_view text);

/// "90", "90s", "1.5m", "2h" -> seconds; absent when it is none of these or negative.
std::optional<double> parse_duration(std::string_view text);

}  // namespace muster
