#include "harness/analyze/facts.hpp"

#include <charconv>
#include <vector>

#include "harness/core/statistics.hpp"

namespace muster {

std::string text_of_fact(DeviceInfo const& device, std::string_view fact) {
  for (auto const& [name, text] : device.facts) {
    if (name == fact) return text;
  }
  return "";
}

std::optional<double> number_of_fact(DeviceInfo const* device, std::string_view fact) {
  if (device == nullptr) return std::nullopt;
  auto const text = text_of_fact(*device, fact);
  double number = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} ? std::optional(number) : std::nullopt;
}

std::optional<double> usual_fact(PartFigures const& figures, int model, std::string_view fact) {
  std::vector<double> numbers;
  for (auto const& gpu : figures.gpus()) {
    auto const number = gpu.model == model ? number_of_fact(gpu.info, fact) : std::nullopt;
    if (number) numbers.push_back(*number);
  }
  return numbers.empty() ? std::nullopt : std::optional(median(numbers));
}

}  // namespace muster
