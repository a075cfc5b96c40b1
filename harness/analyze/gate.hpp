// When a comparison ends a script.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "harness/core/comparison.hpp"

namespace muster {

/// What --fail-on knows, in the order it is listed in.
std::vector<std::string> const& gate_words();

struct Tripped {
  std::size_t comparison = 0, place = 0;  ///< which comparison, and which of its cases
  std::string name;                       ///< of the case
  CaseVerdict verdict = CaseVerdict::inconclusive;
  std::string words{};  ///< "regressed", "missing nodes"
};

struct Gate {
  std::vector<std::string> fail_on;
  std::vector<Tripped> tripped;
  /// gate_failed: something tripped that is one; inconclusive: only things that could not be decided did, or
  /// nothing could be compared at all; ok: neither, or fail_on is "none".
  ExitCode exit_code = ExitCode::ok;
  std::string reason{};  ///< of `inconclusive` where nothing tripped
};

/// `fail_on`: some of gate_words(). "small", "failed", "missing" and "suspect" trip on what is worse than the
/// base only: where that has no figure either, nothing got worse; "tainted" and "incomparable" where the base
/// is clean. "missing" also trips on nodes that failed.
Gate gate(std::vector<Comparison> const& comparisons, std::vector<std::string> const& fail_on);

}  // namespace muster
