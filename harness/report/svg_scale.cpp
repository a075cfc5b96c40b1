#include "harness/report/svg_scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "harness/core/quantities.hpp"

namespace muster {
namespace {

constexpr std::array<std::string_view, 13> prefixes{"p", "n", "µ", "m", "",  "k", "M",
                                                    "G", "T", "P", "E", "Z", "Y"};

/// 1, 2 or 5 times a power of ten, at least `rough`.
double round_step(double rough) {
  double const power = std::pow(10, std::floor(std::log10(rough)));
  for (double const factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

/// Every so manieth of `count` steps, so that no more than `most` are left.
int every(int count, int most) { return std::max(1, (count + most - 1) / std::max(most, 1)); }

std::string size_label(double bytes) { return human_bytes(static_cast<std::uint64_t>(bytes)); }

}  // namespace

std::string short_number(double value) {
  if (value == 0 || !std::isfinite(value)) return "0";
  int const third =
      std::clamp(static_cast<int>(std::floor(std::log10(std::abs(value) * (1 + 1e-9)) / 3)), -4, 8);
  auto const prefix = prefixes[static_cast<std::size_t>(third + 4)];
  auto const number = fmt::format("{:.3g}", value / std::pow(1000, third));
  return prefix.empty() ? number : fmt::format("{} {}", number, prefix);
}

Axis Axis::linear(double low, double high, std::string_view unit, int ticks) {
  if (!(high > low)) {
    double const around = std::max(std::abs(low), 1.0) * 0.05;
    low -= around;
    high = low + 2 * around;
  }
  double const step = round_step((high - low) / std::max(ticks, 1));
  Axis axis;
  axis.low_ = std::floor(low / step + 1e-9) * step;
  axis.high_ = std::ceil(high / step - 1e-9) * step;
  auto const scale = common_scale(std::max(std::abs(axis.low_), std::abs(axis.high_)), unit);
  int const steps = static_cast<int>(std::lround((axis.high_ - axis.low_) / step));
  for (int i = 0; i <= steps; ++i) {
    double const value = axis.low_ + i * step;
    double const shown = std::abs(value) < step * 1e-6 ? 0 : value / scale.divisor;
    axis.ticks_.push_back({value, fmt::format("{:.6g}", shown)});
  }
  axis.title_ = scale.unit;
  return axis;
}

Axis Axis::decades(double low, double high, std::string_view unit, int ticks) {
  Axis axis;
  axis.logarithmic_ = true;
  constexpr double room = 1.6;  // at either end; a span of less than a decade gets both decades around it
  int first = static_cast<int>(std::ceil(std::log10(low / room) - 1e-9));
  int last = static_cast<int>(std::floor(std::log10(high * room) + 1e-9));
  if (last <= first) {
    first = static_cast<int>(std::floor(std::log10(low) + 1e-9));
    last = std::max(static_cast<int>(std::ceil(std::log10(high) - 1e-9)), first + 1);
  }
  axis.low_ = std::min(low / room, std::pow(10, first));
  axis.high_ = std::max(high * room, std::pow(10, last));
  int const stride = every(last - first + 1, ticks);
  for (int decade = first; decade <= last; decade += stride)
    axis.ticks_.push_back({std::pow(10, decade), short_number(std::pow(10, decade))});
  axis.title_ = unit;
  return axis;
}

Axis Axis::ratios(double low, double high, int ticks) {
  auto axis = decades(low, high, "", ticks);
  for (auto& [value, label] : axis.ticks_) label = value < 1 ? fmt::format("{:g}", value) : human(value, "");
  return axis;
}

Axis Axis::sizes(double low, double high, int ticks) {
  Axis axis;
  axis.logarithmic_ = true;
  int const first = static_cast<int>(std::floor(std::log2(std::max(low, 1.0)) + 1e-9));
  int const last =
      std::clamp(static_cast<int>(std::ceil(std::log2(std::max(high, 1.0)) - 1e-9)), first + 1, 62);
  axis.low_ = std::ldexp(1.0, first);
  axis.high_ = std::ldexp(1.0, last);
  int const stride = every(last - first + 1, ticks);
  for (int power = first; power <= last; power += stride)
    axis.ticks_.push_back({std::ldexp(1.0, power), size_label(std::ldexp(1.0, power))});
  return axis;
}

Axis Axis::counts(std::vector<double> const& values) {
  Axis axis;
  axis.logarithmic_ = true;
  auto const [low, high] = std::ranges::minmax(values);
  axis.low_ = low;
  axis.high_ = high > low ? high : low * 2;
  for (double const value : values) axis.ticks_.push_back({value, fmt::format("{:.0f}", value)});
  return axis;
}

Axis Axis::onto(double from, double to) const {
  Axis axis = *this;
  axis.from_ = from;
  axis.to_ = to;
  return axis;
}

Axis Axis::titled(std::string title) const {
  Axis axis = *this;
  axis.title_ = std::move(title);
  return axis;
}

double Axis::position(double value) const {
  if (!logarithmic_) return (value - low_) / (high_ - low_);
  return value > 0 ? std::log(value / low_) / std::log(high_ / low_) : 0;
}

double Axis::at(double value) const { return from_ + std::clamp(position(value), 0.0, 1.0) * (to_ - from_); }

}  // namespace muster
