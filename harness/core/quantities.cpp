#include "harness/core/quantities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <system_error>

namespace muster {
namespace {

// ---- numbers for people

constexpr int significant = 4;

/// |value| rounded to four significant digits: "1742" and 12 for 1.742e12. fmt rounds the decimal value
/// correctly, so a number just below a prefix's border (999.96) lands on the right side of it.
struct Rounded {
  std::string digits;
  int exponent = 0;
};

Rounded rounded(double value) {
  std::string const text = fmt::format("{:.{}e}", std::abs(value), significant - 1);
  return {text[0] + text.substr(2, significant - 1), std::stoi(text.substr(text.find('e') + 1))};
}

int floor_third(int exponent) { return exponent >= 0 ? exponent / 3 : -((2 - exponent) / 3); }

struct PrefixedUnit {
  std::string_view unit;
  bool small;  ///< also takes m, µ, n, p: nobody reads "500 mB/s" as half a byte
};

constexpr std::array prefixed_units{
    PrefixedUnit{"FLOP/s", false}, PrefixedUnit{"FLOP", false},  PrefixedUnit{"B/s", false},
    PrefixedUnit{"B", false},      PrefixedUnit{"bit/s", false}, PrefixedUnit{"Hz", false},
    PrefixedUnit{"s", true},       PrefixedUnit{"W", true},      PrefixedUnit{"J", true}};

constexpr std::array<std::string_view, 13> prefixes{"p", "n", "µ", "m", "",  "k", "M",
                                                    "G", "T", "P", "E", "Z", "Y"};
constexpr int no_prefix = 4;

std::string with_prefix(double value, PrefixedUnit const& unit) {
  std::string const sign = value < 0 ? "-" : "";
  if (value == 0) return fmt::format("0 {}", unit.unit);
  auto const [digits, exponent] = rounded(value);
  int const third = floor_third(exponent);
  bool const fits = third + no_prefix < static_cast<int>(prefixes.size()) &&
                    (unit.small ? third >= -no_prefix : third >= 0);
  if (!fits) return fmt::format("{:.{}g} {}", value, significant, unit.unit);
  auto const whole = static_cast<std::size_t>(exponent - 3 * third + 1);
  auto const prefix = prefixes[static_cast<std::size_t>(third + no_prefix)];
  return fmt::format("{}{}.{} {}{}", sign, digits.substr(0, whole), digits.substr(whole), prefix, unit.unit);
}

/// "18940" -> "18,940"; a fraction stays as it is.
std::string with_separators(std::string number) {
  std::size_t const first = number.front() == '-' ? 1 : 0;
  std::size_t const point = std::min(number.find('.'), number.size());
  for (std::size_t at = point; at > first + 3;) {
    at -= 3;
    number.insert(at, 1, ',');
  }
  return number;
}

/// The whole part in full, and decimals where fewer than four digits stand before the point: a count is never
/// blurred.
std::string plain(double value) {
  constexpr double largest = 1e15;  // beyond, digits would be made up
  if (std::abs(value) >= largest) return fmt::format("{:.{}g}", value, significant);
  if (value == std::floor(value)) return with_separators(fmt::format("{:.0f}", value == 0 ? 0.0 : value));
  int const decimals = significant - 1 - rounded(value).exponent;
  if (decimals > 6) return fmt::format("{:.{}g}", value, significant);
  return with_separators(fmt::format("{:.{}f}", value, std::max(decimals, 0)));
}

// ---- what people write

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// "1.5 GB" -> {"1.5", "GB"}; the number has no sign and a digit on either side of its point.
struct NumberAndUnit {
  std::string_view whole, fraction, unit;
};

std::size_t leading_digits(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

std::optional<NumberAndUnit> split(std::string_view text) {
  text = trimmed(text);
  NumberAndUnit parts;
  parts.whole = text.substr(0, leading_digits(text));
  text.remove_prefix(parts.whole.size());
  if (parts.whole.empty()) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    parts.fraction = text.substr(0, leading_digits(text));
    text.remove_prefix(parts.fraction.size());
    if (parts.fraction.empty()) return std::nullopt;
  }
  parts.unit = trimmed(text);
  return parts;
}

std::string lower(std::string_view text) {
  std::string copy(text);
  std::ranges::transform(copy, copy.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return copy;
}

/// Bytes in one "", "B", "K", "KiB", "KB" and so on.
std::optional<std::uint64_t> unit_bytes(std::string_view unit) {
  std::string const name = lower(unit);
  if (name.empty() || name == "b") return 1;
  auto const power = std::string_view("kmgtpe").find(name[0]);
  std::string_view const rest = std::string_view(name).substr(1);
  if (power == std::string_view::npos) return std::nullopt;
  if (rest.empty() || rest == "ib") return std::uint64_t{1} << (10 * (power + 1));
  if (rest != "b") return std::nullopt;
  std::uint64_t decimal = 1;
  for (std::size_t i = 0; i <= power; ++i) decimal *= 1000;
  return decimal;
}

std::optional<std::uint64_t> whole_number(std::string_view digits) {
  std::uint64_t value = 0;
  auto const [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// 0.`digits` of a `unit`, if that is a whole number; exact.
std::optional<std::uint64_t> fraction_of(std::string_view digits, std::uint64_t unit) {
  while (digits.ends_with('0')) digits.remove_suffix(1);
  if (digits.empty()) return 0;
  if (digits.size() > 18) return std::nullopt;  // no size that a person writes
  std::uint64_t denominator = 1;
  for (std::size_t i = 0; i < digits.size(); ++i) denominator *= 10;
  std::uint64_t numerator = *whole_number(digits);
  std::uint64_t const common = std::gcd(numerator, denominator);
  if (unit % (denominator / common) != 0) return std::nullopt;
  return (numerator / common) * (unit / (denominator / common));
}

}  // namespace

std::string human(double value, std::string_view unit) {
  if (!std::isfinite(value)) return "n/a";
  auto const found = std::ranges::find(prefixed_units, unit, &PrefixedUnit::unit);
  if (found != prefixed_units.end()) return with_prefix(value, *found);
  return unit.empty() ? plain(value) : fmt::format("{} {}", plain(value), unit);
}

Scale common_scale(double largest, std::string_view unit) {
  auto const known = std::ranges::find(prefixed_units, unit, &PrefixedUnit::unit);
  if (known == prefixed_units.end() || !std::isfinite(largest) || largest == 0) return {1, std::string(unit)};
  int const third = floor_third(rounded(largest).exponent);
  int const lowest = known->small ? -no_prefix : 0;
  int const chosen = std::clamp(third, lowest, static_cast<int>(prefixes.size()) - 1 - no_prefix);
  auto const prefix = prefixes[static_cast<std::size_t>(chosen + no_prefix)];
  return {std::pow(10.0, 3 * chosen), fmt::format("{}{}", prefix, unit)};
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array names{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t power = 0;
  while (power + 1 < names.size() && (bytes >> (10 * (power + 1))) != 0) ++power;
  std::uint64_t const unit = std::uint64_t{1} << (10 * power);
  if (bytes % unit == 0) return fmt::format("{} {}", bytes / unit, names[power]);
  double const value = static_cast<double>(bytes) / static_cast<double>(unit);
  constexpr double rounds_up = 1023.995;  // "1024.00 KiB" is 1.00 MiB
  if (value >= rounds_up && power + 1 < names.size()) return fmt::format("1.00 {}", names[power + 1]);
  return fmt::format("{:.2f} {}", value, names[power]);
}

std::string human_duration(double seconds) {
  if (!std::isfinite(seconds)) return "n/a";
  if (seconds < 0) return "-" + human_duration(-seconds);
  if (seconds == 0) return "0 s";
  if (seconds < 0.9995e-6) return fmt::format("{:.3g} ns", seconds * 1e9);
  if (seconds < 0.9995e-3) return fmt::format("{:.3g} µs", seconds * 1e6);
  if (seconds < 0.9995) return fmt::format("{:.3g} ms", seconds * 1e3);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  if (seconds >= 1e15) return fmt::format("{:.3g} s", seconds);
  auto const whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  std::int64_t const minutes = std::llround(seconds / 60);
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  auto const parts = split(text);
  auto const unit = parts ? unit_bytes(parts->unit) : std::nullopt;
  auto const count = unit ? whole_number(parts->whole) : std::nullopt;
  auto const rest = count ? fraction_of(parts->fraction, *unit) : std::nullopt;
  if (!rest) return std::nullopt;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(*count, *unit, &bytes) || __builtin_add_overflow(bytes, *rest, &bytes))
    return std::nullopt;
  if (bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return static_cast<std::int64_t>(bytes);
}

std::optional<double> parse_duration(std::string_view text) {
  auto const parts = split(text);
  if (!parts) return std::nullopt;
  double factor = 0;
  if (parts->unit.empty() || parts->unit == "s") factor = 1;
  if (parts->unit == "ms") factor = 1e-3;
  if (parts->unit == "m" || parts->unit == "min") factor = 60;
  if (parts->unit == "h") factor = 3600;
  if (factor == 0) return std::nullopt;
  auto const number = trimmed(text);
  double value = 0;
  auto const problem =
      std::from_chars(number.data(), number.data() + number.size(), value, std::chars_format::fixed).ec;
  if (problem != std::errc{} || !std::isfinite(value * factor)) return std::nullopt;
  return value * factor;
}

}  // namespace muster
