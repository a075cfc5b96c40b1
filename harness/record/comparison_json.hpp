// Comparisons as strict JSON.
#pragma once
#include <string>
#include <vector>

#include "harness/core/comparison.hpp"

namespace muster {

inline constexpr int comparison_major = 1, comparison_minor = 0;

/// `exit_code`: what the command ends with; `fail_on`: what was to make it fail.
std::string to_json(std::vector<Comparison> const& comparisons, std::vector<std::string> const& fail_on,
                    int exit_code);

}  // namespace muster
