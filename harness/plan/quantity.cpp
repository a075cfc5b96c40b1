#include "harness/plan/quantity.hpp"

#include <array>
#include <charconv>
#include <span>
#include <system_error>

namespace muster {
namespace {

/// A unit or a prefix, and how many of the base unit it is.
struct Factor {
  std::string_view name;
  double times;
};

constexpr std::array prefixes{Factor{"", 1},        Factor{"k", 1e3},     Factor{"K", 1e3},
                              Factor{"M", 1e6},     Factor{"G", 1e9},     Factor{"T", 1e12},
                              Factor{"P", 1e15},    Factor{"E", 1e18},    Factor{"Ki", 0x1p10},
                              Factor{"Mi", 0x1p20}, Factor{"Gi", 0x1p30}, Factor{"Ti", 0x1p40},
                              Factor{"Pi", 0x1p50}, Factor{"Ei", 0x1p60}};
constexpr std::array flop_rates{Factor{"FLOP/s", 1}};
constexpr std::array byte_rates{Factor{"B/s", 1}, Factor{"bit/s", 0.125}, Factor{"b/s", 0.125}};
constexpr std::array sizes{Factor{"B", 1}};
constexpr std::array powers{Factor{"W", 1}};
constexpr std::array times{Factor{"ns", 1e-9}, Factor{"us", 1e-6}, Factor{"µs", 1e-6},
                           Factor{"ms", 1e-3}, Factor{"s", 1},     Factor{"m", 60},
                           Factor{"min", 60},  Factor{"h", 3600},  Factor{"d", 86'400}};
constexpr std::array plain{Factor{"", 1}};

std::optional<double> named(std::span<Factor const> factors, std::string_view name) {
  for (auto const& factor : factors)
    if (factor.name == name) return factor.times;
  return std::nullopt;
}

/// "TB/s" -> 1e12.
std::optional<double> prefixed(std::span<Factor const> units, std::string_view text) {
  for (auto const& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    auto const prefix = named(prefixes, text.substr(0, text.size() - unit.name.size()));
    if (prefix) return *prefix * unit.times;
  }
  return std::nullopt;
}

std::optional<double> factor_of(std::string_view unit, Dimension dimension) {
  switch (dimension) {
    case Dimension::flop_rate:
      return prefixed(flop_rates, unit);
    case Dimension::byte_rate:
      return prefixed(byte_rates, unit);
    case Dimension::bytes:
      return prefixed(sizes, unit);
    case Dimension::watts:
      return prefixed(powers, unit);
    case Dimension::seconds:
      return named(times, unit);
    case Dimension::number:
      return named(plain, unit);
  }
  return std::nullopt;
}

}  // namespace

std::string_view unit_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::flop_rate:
      return flop_rates[0].name;
    case Dimension::byte_rate:
      return byte_rates[0].name;
    case Dimension::bytes:
      return sizes[0].name;
    case Dimension::watts:
      return powers[0].name;
    case Dimension::seconds:
      return "s";
    case Dimension::number:
      return "";
  }
  return "";
}

std::optional<double> parse_quantity(std::string_view text, Dimension dimension) {
  double value = 0;
  // Fixed: in "1EFLOP/s" the E is a prefix.
  auto const [end, problem] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (problem != std::errc{}) return std::nullopt;
  auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  auto const factor = factor_of(unit, dimension);
  return factor ? std::optional(value * *factor) : std::nullopt;
}

}  // namespace muster
