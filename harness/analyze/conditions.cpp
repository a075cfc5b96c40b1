#include "harness/analyze/conditions.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <vector>

#include "harness/core/statistics.hpp"

namespace muster {
namespace {

constexpr double degrees = 10, clock_change = 0.02;

std::optional<double> typical(SideCase const& side, std::optional<Range> Telemetry::*sensor) {
  std::vector<double> values;
  for (auto const* result : side.all) {
    if (!result) continue;
    for (auto const& rank : result->rank_figures) {
      if (rank.telemetry && (*rank.telemetry).*sensor) values.push_back(((*rank.telemetry).*sensor)->median);
    }
  }
  return values.empty() ? std::nullopt : std::optional(median(values));
}

}  // namespace

std::string condition_words(SideCase const& base, SideCase const& candidate) {
  std::string text;
  auto const warm = typical(base, &Telemetry::temperature_c),
             warmer = typical(candidate, &Telemetry::temperature_c);
  if (warm && warmer && std::abs(*warmer - *warm) >= degrees)
    text = fmt::format("its devices were {:.0f} degrees {}", std::abs(*warmer - *warm),
                       *warmer > *warm ? "warmer" : "cooler");
  auto const clock = typical(base, &Telemetry::clock_hz), other = typical(candidate, &Telemetry::clock_hz);
  if (clock && other && *clock > 0 && std::abs(*other / *clock - 1) >= clock_change)
    text += fmt::format("{}its devices' clocks were {:.1f} % {}", text.empty() ? "" : "; ",
                        100 * std::abs(*other / *clock - 1), *other > *clock ? "higher" : "lower");
  return text;
}

}  // namespace muster
