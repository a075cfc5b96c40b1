// A comparison as text: for people, for spreadsheets, for a page of Markdown.
#pragma once
#include <string>

#include "harness/core/comparison.hpp"
#include "harness/report/table.hpp"

namespace muster {

/// "REGRESSED" with a sign in front that tells it apart without colour.
std::string verdict_words(CaseVerdict verdict);

/// A row a case: figures of both sides, ratio with interval, verdict, launches, q.
Table comparison_cases(Comparison const& comparison);
/// What differs around the figures; no rows where nothing does.
Table comparison_differences(Comparison const& comparison);
/// "identical", "incomparable (--force-incomparable ...)".
std::string comparability_words(Comparison const& comparison);
/// "41 cases: 3 regressed, 38 equivalent; 41 of them corrected for together (alpha 0.05)".
std::string comparison_summary(Comparison const& comparison);

/// What differs around the figures, then the cases, reasons of all that need a look, means, a summary.
std::string comparison_text(Comparison const& comparison);
std::string comparison_markdown(Comparison const& comparison);

/// Raw numbers, a row a case; `heading`: with the names of the columns.
std::string comparison_csv(Comparison const& comparison, bool heading);

}  // namespace muster
