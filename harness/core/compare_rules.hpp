// By what rules results are compared, as they were given.
#pragma once
#include <string>
#include <vector>

namespace muster {

struct CompareRules {
  std::vector<std::string> margins{};  ///< "2%", "PATTERN=2%"
  std::vector<std::string> fail_on{"regressed", "failed", "missing", "suspect", "tainted", "incomparable"};
  double alpha = 0.05;
  bool force_incomparable = false;
};

}  // namespace muster
