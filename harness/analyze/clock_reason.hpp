// Why a GPU's clock is lower than its peers'.
#pragma once
#include <cstddef>
#include <string>

#include "harness/analyze/parts.hpp"

namespace muster {

/// In words: an application clock that is set lower, a lower power limit, or what the device gave as reasons
/// while samples were taken; "no reason was reported" where it did not. A large run's document has no
/// reasons.
std::string clock_reason(PartFigures const& figures, std::size_t gpu);

}  // namespace muster
