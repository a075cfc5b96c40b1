// Which cases only fresh launches can decide.
#pragma once
#include "harness/core/comparison.hpp"

namespace muster {

/// Sets `fresh_launches` of every case that half of alpha leaves a suspect.
void name_fresh_launches(Comparison& result);

}  // namespace muster
