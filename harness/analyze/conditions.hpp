// How warm and how fast the devices of a case ran while it was sampled.
#pragma once
#include <string>

#include "harness/analyze/sides.hpp"

namespace muster {

/// "candidate's devices were 14 C warmer; their clocks 6 % lower": what is worth knowing before a difference
/// of figures is laid to anything else. "" below 10 degrees and 2 %, and where devices or large runs do not
/// tell.
std::string condition_words(SideCase const& base, SideCase const& candidate);

}  // namespace muster
