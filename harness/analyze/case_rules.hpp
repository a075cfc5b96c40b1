// The fleet rule as limits that can be drawn.
#pragma once
#include <string>
#include <vector>

#include "harness/core/case_rule.hpp"
#include "harness/core/document.hpp"
#include "harness/core/rank_samples.hpp"

namespace muster {

/// One for each case of the document.
std::vector<CaseRule> case_rules(Document const& document, RankSamples const& samples);

/// What a limit means, for readers of a chart.
std::string case_rule_words();

}  // namespace muster
