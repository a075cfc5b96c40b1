#include "harness/analyze/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "harness/analyze/verdict.hpp"

namespace muster {
namespace {

/// These trip a gate that lists them without failing it.
bool is_undecided(CaseVerdict verdict) {
  return verdict == CaseVerdict::suspect || verdict == CaseVerdict::inconclusive ||
         verdict == CaseVerdict::tainted || verdict == CaseVerdict::incomparable;
}

bool is_listed(CaseVerdict verdict, std::vector<std::string> const& fail_on) {
  return std::ranges::find(fail_on, name(verdict)) != fail_on.end();
}

/// Of these only what got worse.
bool is_one_sided(CaseVerdict verdict) {
  return verdict == CaseVerdict::small || verdict == CaseVerdict::failed || verdict == CaseVerdict::missing ||
         verdict == CaseVerdict::suspect || verdict == CaseVerdict::tainted ||
         verdict == CaseVerdict::incomparable;
}

/// Among many unchanged cases some are always suspects; one that may be within the margin is no alarm, unless
/// fresh launches were asked and could not tell.
bool is_harmless(CaseComparison const& one, bool confirmed) {
  return one.verdict == CaseVerdict::suspect && !confirmed && !is_beyond_margin(one);
}

/// Nodes that failed are no opinion on the others' figures, but outweigh one that is undecided.
std::optional<Tripped> tripped_by(CaseComparison const& one, bool confirmed,
                                  std::vector<std::string> const& fail_on) {
  bool const trips = is_listed(one.verdict, fail_on) && (one.worse || !is_one_sided(one.verdict)) &&
                     !is_harmless(one, confirmed);
  if (trips && !is_undecided(one.verdict))
    return Tripped{0, 0, one.name, one.verdict, std::string(name(one.verdict))};
  if (!one.lost_nodes.empty() && is_listed(CaseVerdict::missing, fail_on))
    return Tripped{0, 0, one.name, CaseVerdict::missing, "missing nodes"};
  if (trips) return Tripped{0, 0, one.name, one.verdict, std::string(name(one.verdict))};
  return std::nullopt;
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

void add_tripped(Gate& gate, Comparison const& comparison, std::size_t which) {
  for (std::size_t place = 0; place < comparison.cases.size(); ++place) {
    auto tripped = tripped_by(comparison.cases[place], comparison.confirmed, gate.fail_on);
    if (!tripped) continue;
    tripped->comparison = which;
    tripped->place = place;
    gate.tripped.push_back(std::move(*tripped));
  }
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
  for (std::size_t i = 0; i < comparisons.size() && !none; ++i) {
    add_tripped(result, comparisons[i], i);
    if (result.reason.empty()) result.reason = why_nothing(comparisons[i]);
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
