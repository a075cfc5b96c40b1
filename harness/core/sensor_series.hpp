// What a device's sensors showed while a case was sampled.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "harness/core/record.hpp"

namespace muster {

/// Of one rank in one launch of a case.
struct SensorSeries {
  std::size_t case_index = 0;  ///< in the document's cases
  int launch = 0, rank = 0;
  std::string node;
  std::vector<Reading> readings;
};

}  // namespace muster
