// Comparisons as JUnit XML, which build servers show.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "harness/core/comparison.hpp"

namespace muster {

/// A suite a comparison, a test a case. `fails` says which ones are failures; those without a verdict are
/// skipped.
std::string comparison_junit(std::vector<Comparison> const& comparisons,
                             std::function<bool(Comparison const&, CaseComparison const&)> const& fails);

/// For text and for attributes in double quotes. What is no UTF-8, or a character that XML does not have,
/// becomes U+FFFD.
std::string xml_escaped(std::string const& text);

}  // namespace muster
