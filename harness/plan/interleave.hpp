// The order in which two arms take turns.
#pragma once
#include <cstdint>
#include <vector>

#include "harness/core/versus.hpp"

namespace muster {

/// Appends launches of each arm, in blocks of two each: ABBA or BAAB, as the seed and the block's place
/// decide; where one of each is left, AB or BA. A drift that is straight over a block then weighs the same on
/// both arms, and a disturbance that comes with the blocks' rhythm does not always meet the same arm first.
/// The same seed gives the same order on every machine.
void add_interleaved(std::vector<Arm>& order, int launches, std::uint64_t seed);

}  // namespace muster
