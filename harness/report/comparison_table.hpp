// A comparison as text: for people, for spreadsheets, for a page of Markdown.
#pragma once
#include <string>

#include "harness/core/comparison.hpp"
#include "harness/report/table.hpp"

namespace muster {

/// "REGRESSED" with a sign in front that tells it apart without colour.
std::string verdict_words(CaseVerdict verdict);

/// What differs around the figures, then the cases, reasons of all that need a look, means, a summary.
std::string comparison_text(Comparison const& comparison);
std::string comparison_markdown(Comparison const& comparison);

/// Raw numbers, a row a case; `heading`: with the names of the columns.
std::string comparison_csv(Comparison const& comparison, bool heading);

}  // namespace muster
