// What tables say of one case.
#pragma once
#include <string>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

std::vector<double> launch_medians(CaseResult const& result);

/// Half the range over launches, relative: what another launch may differ by. Says nothing for one launch.
std::string launch_spread(std::vector<double> const& medians);

/// "88 % of measured fma peak, 91 % at clock"; "" without a bound.
std::string limit_words(CaseResult const& result);

}  // namespace muster
