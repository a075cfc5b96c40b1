// Fields that comparisons and histories share.
#pragma once
#include "harness/core/comparison.hpp"
#include "harness/record/fields.hpp"

namespace muster {

void fields(auto& a, Is<Interval> auto& v) {
  a("low", v.low);
  a("high", v.high);
}

void fields(auto& a, Is<EnvironmentDifference> auto& v) {
  a("what", v.what);
  a("base", v.base);
  a("candidate", v.candidate);
  a("blocks", v.blocks);
}

}  // namespace muster
