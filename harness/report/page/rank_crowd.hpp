// The ranks of a case as a crowd: where most are, who stands out.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/core/rank_samples.hpp"

namespace muster {

/// One rank's median over its launches.
struct RankPlace {
  std::string name;  ///< "gpu0007 GPU 3"
  double value = 0;
  double percent = 0;  ///< above the median of all, of it
  bool tainted = false;
};

struct Crowd {
  CaseResult const* result = nullptr;
  double median = 0, low = 0, high = 0;  ///< low, high: 5 and 95 % of the ranks lie below
  double limit_percent = 0;              ///< a rank that is worse than the median by more stands out
  std::vector<RankPlace> ranks{};        ///< the worst first
};

/// Does it stand out to the worse side?
bool beyond_limit(Crowd const& crowd, RankPlace const& rank);

/// Of each case with at least two ranks that have a figure each, in the document's order. In a collective
/// they have none: the rank that others wait for is the fastest there.
std::vector<Crowd> crowds_of(Document const& document, RankSamples const& samples);

}  // namespace muster
