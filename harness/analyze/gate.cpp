#include "harness/analyze/gate.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace muster {
namespace {

bool is_undecided(CaseVerdict verdict) {
  return verdict == CaseVerdict::suspect || verdict == CaseVerdict::inconclusive ||
         verdict == CaseVerdict::tainted || verdict == CaseVerdict::incomparable;
}

bool trips(CaseComparison const& one, std::vector<std::string> const& fail_on) {
  bool const only_worse = one.verdict == CaseVerdict::small || one.verdict == CaseVerdict::failed ||
                          one.verdict == CaseVerdict::missing || one.verdict == CaseVerdict::suspect;
  return (one.worse || !only_worse) && std::ranges::find(fail_on, name(one.verdict)) != fail_on.end();
}

bool is_decided(CaseComparison const& one) {
  return (one.gated || one.metric.better == Better::exact) && one.verdict != CaseVerdict::inconclusive;
}

/// A script must not take for a pass what was no comparison.
std::string why_nothing(Comparison const& comparison) {
  if (comparison.comparability == Comparability::incomparable && !comparison.forced)
    return fmt::format("{} and {} are not comparable", comparison.base.label, comparison.candidate.label);
  if (std::ranges::none_of(comparison.cases, is_decided))
    return fmt::format("nothing could be decided between {} and {}", comparison.base.label,
                       comparison.candidate.label);
  return {};
}

}  // namespace

std::vector<std::string> const& gate_words() {
  static std::vector<std::string> const words{"regressed", "slower",       "small",   "improved",
                                              "suspect",   "inconclusive", "tainted", "failed",
                                              "missing",   "incomparable", "none"};
  return words;
}

Gate gate(std::vector<Comparison> const& comparisons, std::vector<std::string> const& fail_on) {
  Gate result{fail_on, {}};
  bool const none = std::ranges::find(fail_on, "none") != fail_on.end();
  for (auto const& comparison : comparisons) {
    for (auto const& one : comparison.cases) {
      if (!none && trips(one, fail_on))
        result.tripped.push_back({comparison.candidate.label, one.name, one.verdict});
    }
    if (!none && result.reason.empty()) result.reason = why_nothing(comparison);
  }
  bool const failed =
      std::ranges::any_of(result.tripped, [](auto const& t) { return !is_undecided(t.verdict); });
  if (failed) {
    result.exit_code = ExitCode::gate_failed;
  } else if (!result.tripped.empty() || !result.reason.empty()) {
    result.exit_code = ExitCode::inconclusive;
  }
  return result;
}

}  // namespace muster
