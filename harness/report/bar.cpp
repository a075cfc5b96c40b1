#include "harness/report/bar.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace muster {

std::string bar(double fraction) {
  constexpr int width = 24;
  auto const full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * width);
  std::string text(static_cast<std::size_t>(full), '=');
  if (full < width) text += '>';
  return text + std::string(static_cast<std::size_t>(width - std::min(width, full + 1)), '.');
}

std::string clock_text(double seconds) {
  auto const whole = static_cast<long>(std::max(0.0, seconds) + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace muster
