#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/analyze/compare.hpp"
#include "harness/analyze/compare_at.hpp"
#include "harness/analyze/verdict.hpp"
#include "harness/core/error.hpp"

namespace muster {
namespace {

void refuse_seen_launches(Comparison const& first, Comparison const& fresh) {
  std::set<std::string> seen(first.base.sha256.begin(), first.base.sha256.end());
  seen.insert(first.candidate.sha256.begin(), first.candidate.sha256.end());
  for (auto const* side : {&fresh.base, &fresh.candidate}) {
    for (std::size_t i = 0; i < side->sha256.size(); ++i) {
      if (!side->sha256[i].empty() && seen.contains(side->sha256[i]))
        throw Error(
            ExitCode::usage,
            fmt::format("{} is one of the documents that the suspects are from (launches that made a case "
                        "a suspect cannot confirm it) give fresh launches of both sides",
                        side->files[i]));
    }
  }
}

/// What the first stage leaves standing with half of alpha.
void redecide(CaseComparison& one, double alpha) {
  if (one.gated) decide(one, alpha / 2, alpha);
}

CaseComparison unconfirmed(CaseComparison one) {
  one.verdict = CaseVerdict::suspect;
  one.reason = "not among the fresh launches; still to be confirmed";
  return one;
}

/// Fresh launches have decided: suspecting once more would be asking until the answer fits.
CaseComparison settled(CaseComparison one) {
  one.confirmed = true;
  if (one.verdict == CaseVerdict::suspect) {
    one.verdict = CaseVerdict::inconclusive;
    one.reason = "fresh launches did not confirm it beyond chance";
  } else {
    one.reason = "fresh launches: " + one.reason;
  }
  return one;
}

}  // namespace

Comparison confirm(Comparison const& first, Side const& fresh_base, Side const& fresh_candidate,
                   CompareOptions const& options) {
  auto const list = suspects(first).names;
  std::set<std::string> const names(list.begin(), list.end());
  CompareOptions own = options;
  own.keep = [&](std::string const& name) { return names.contains(name); };
  auto const fresh = compare_at(fresh_base, fresh_candidate, own, options.alpha / 2);
  refuse_seen_launches(first, fresh);
  Comparison result = first;
  result.confirmed = true;
  for (auto& one : result.cases) {
    if (!names.contains(one.name)) {
      redecide(one, options.alpha);
      continue;
    }
    auto const found = std::ranges::find(fresh.cases, one.name, &CaseComparison::name);
    one = found == fresh.cases.end() ? unconfirmed(one) : settled(*found);
  }
  for (auto const& note : fresh.notes) result.notes.push_back("fresh launches: " + note);
  for (auto const& difference : fresh.differences) {
    if (difference.blocks)
      result.notes.push_back(fmt::format("fresh launches: {} differs: {} and {}", difference.what,
                                         difference.base, difference.candidate));
  }
  return result;
}

}  // namespace muster
