#include "harness/analyze/clock_reason.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "harness/analyze/facts.hpp"

namespace muster {
namespace {

/// "application clock 1155 MHz, others 1410", or "" where it is set as the others' are.
std::string set_lower(PartFigures const& figures, std::size_t gpu, char const* fact, char const* words) {
  auto const own = number_of_fact(figures.gpus()[gpu].info, fact);
  auto const usual = usual_fact(figures, figures.gpus()[gpu].model, fact);
  if (!own || !usual || *own >= *usual) return "";
  return fmt::format("{} {:g}, others {:g}", words, *own, *usual);
}

/// Seconds by reason over all its samples, the longest first.
std::string reported(PartFigures const& figures, Part const& gpu) {
  std::map<std::string, double> seconds;
  for (auto const& result : figures.document().cases) {
    for (auto const& rank : result.rank_figures) {
      if (rank.node != gpu.node || rank.device != gpu.device || !rank.telemetry) continue;
      for (auto const& [reason, time] : rank.telemetry->throttled_seconds) seconds[reason] += time;
    }
  }
  std::vector<std::pair<std::string, double>> longest(seconds.begin(), seconds.end());
  std::erase_if(longest, [](auto const& one) { return !(one.second > 0); });
  std::ranges::stable_sort(longest, std::ranges::greater(), &std::pair<std::string, double>::second);
  std::string text;
  for (auto const& [reason, time] : longest)
    text += fmt::format("{}{} {:.1f} s", text.empty() ? "held down: " : ", ", reason, time);
  return text;
}

}  // namespace

std::string clock_reason(PartFigures const& figures, std::size_t gpu) {
  for (auto const& text :
       {set_lower(figures, gpu, "application_sm_clock_mhz", "application clock set to MHz"),
        set_lower(figures, gpu, "power_limit_watts", "power limit set to W"),
        reported(figures, figures.gpus()[gpu])}) {
    if (!text.empty()) return text;
  }
  return "no reason was reported";
}

}  // namespace muster
