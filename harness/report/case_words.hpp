// What tables say of one case.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

/// "compute", "memory", "network", "input", "training", "inference", "other": in which order people are told
/// of cases.
std::span<std::string_view const> families();
std::string_view family_of(CaseResult const& result);

std::vector<double> launch_medians(CaseResult const& result);

/// Half the range over launches, relative: what another launch may differ by. Says nothing for one launch.
std::string launch_spread(std::vector<double> const& medians);

/// "88 % of measured fma peak"; of a pipeline "62 % of what the read stage does alone". For a case with a
/// bound.
std::string share_words(CaseResult const& result);

/// "88 % of measured fma peak, 91 % at clock"; "" without a bound.
std::string limit_words(CaseResult const& result);

}  // namespace muster
