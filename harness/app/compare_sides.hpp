// Results loaded from a command line as the sides of a comparison.
#pragma once
#include <deque>
#include <string>

#include "harness/analyze/compare.hpp"
#include "harness/record/load_runs.hpp"

namespace muster {

/// Keeps what the sides point to.
class LoadedSides {
 public:
  /// `argument`: as of load_runs().
  Side load(std::string const& argument);

 private:
  std::deque<LoadedResult> results_;
};

}  // namespace muster
