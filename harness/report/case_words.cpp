#include "harness/report/case_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/core/statistics.hpp"

namespace muster {
namespace {

struct Prefix {
  std::string_view prefix, family;
};
constexpr std::array prefixes{Prefix{"train_step", "training"}, Prefix{"inference", "inference"},
                              Prefix{"gemm", "compute"},        Prefix{"memory", "memory"},
                              Prefix{"training", "memory"},     Prefix{"collective", "network"},
                              Prefix{"dataload", "input"}};
constexpr std::array<std::string_view, 7> family_names{"compute",  "memory",    "network", "input",
                                                       "training", "inference", "other"};

std::string words_of(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

}  // namespace

std::span<std::string_view const> families() { return family_names; }

std::string_view family_of(CaseResult const& result) {
  for (auto const& [prefix, family] : prefixes) {
    if (result.workload.starts_with(prefix)) return family;
  }
  return "other";
}

std::vector<double> launch_medians(CaseResult const& result) {
  std::vector<double> values;
  for (auto const& launch : result.launches) values.push_back(launch.metric.median);
  return values;
}

std::string launch_spread(std::vector<double> const& medians) {
  if (medians.size() < 2) return "";
  auto const [low, high] = std::ranges::minmax(medians);
  return fmt::format("±{:.1f} %", 50 * (high - low) / median(medians));
}

std::string share_words(CaseResult const& result) {
  constexpr std::string_view alone = "_alone";
  std::string name = result.bound->name;
  double const percent = *result.percent_of_bound;
  if (!name.ends_with(alone)) return fmt::format("{:.0f} % of {}", percent, words_of(name));
  auto stage = words_of(name.substr(0, name.size() - alone.size()));
  if (!stage.starts_with("the ")) stage = fmt::format("the {} stage", stage);
  if (percent >= 100) return fmt::format("at least what {} does alone", stage);
  return fmt::format("{:.0f} % of what {} does alone", percent, stage);
}

std::string limit_words(CaseResult const& result) {
  if (!result.bound || !result.percent_of_bound) return "";
  auto text = share_words(result);
  if (result.percent_at_clock) text += fmt::format(", {:.0f} % at clock", *result.percent_at_clock);
  return text;
}

}  // namespace muster
