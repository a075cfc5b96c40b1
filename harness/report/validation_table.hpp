// Published figures beside what was predicted of them.
#pragma once
#include <string>

#include "harness/core/validation.hpp"
#include "harness/report/table.hpp"

namespace muster {

/// A row a point: first those whose premises are known, then the others with the reason.
Table validation_table(Validation const& validation);

/// "predicted 77 published points whose premises are known: median error 2.5 %, ..." and whether that meets
/// the bar.
std::string validation_summary(Validation const& validation);

/// The table, the summary, and what was found with each family left out.
std::string validation_text(Validation const& validation);

/// The summary and a row a series of those that count, for a page of Markdown: errors by number of GPUs, *
/// where outside the band.
std::string validation_markdown(Validation const& validation);

}  // namespace muster
