// The ranks of a case as a crowd: where most are, who stands out.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/report/page/reported.hpp"

namespace muster {

/// One rank's median over its launches.
struct RankPlace {
  std::string name;  ///< "gpu0007 GPU 3"
  std::string node;
  int device = 0;
  double value = 0;
  double percent = 0;  ///< above the median of all, of it
  bool tainted = false;
  bool stands_out = false;  ///< the check accuses it by this case or its kind, or it lies beyond the limit
};

struct Crowd {
  CaseResult const* result = nullptr;
  double median = 0, low = 0, high = 0;   ///< low, high: 5 and 95 % of the ranks lie below
  std::optional<double> limit_percent{};  ///< from the median, of it; absent where no rule applies
  std::vector<RankPlace> ranks{};         ///< the worst first
};

/// Of each case with at least two ranks that have a figure each, in the document's order. In a collective
/// they have none: the rank that others wait for is the fastest there.
std::vector<Crowd> crowds_of(ReportedResult const& result);

}  // namespace muster
