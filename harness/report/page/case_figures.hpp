// Figures of cases as charts and sentences want them.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

/// Ok, with launches, and nothing said against its devices.
bool is_clean(CaseResult const& result);

/// Has figures, and its answers were checked and right. Those of other programs were not.
bool is_verified(CaseResult const& result);

/// The median over launches; absent where the case has no figures. Those of tainted cases too.
std::optional<double> figure_value(CaseResult const& result);

/// A parameter as text; "" where the case has none of that name.
std::string parameter(CaseResult const& result, std::string_view name);
std::optional<double> number_parameter(CaseResult const& result, std::string_view name);

/// "bf16 8192³", "triad fp64 1 GiB": as a sentence calls it.
std::string spoken_name(CaseResult const& result);

/// "694.0 TFLOP/s, 65 % of tensor peak at max clock; 89 % at the clock that it ran at".
std::string spoken_figure(CaseResult const& result);

}  // namespace muster
