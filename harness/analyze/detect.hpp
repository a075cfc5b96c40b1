// How many launches a change of a given size takes to be found, case by case, by how launches vary.
#pragma once
#include <string>
#include <vector>

#include "harness/analyze/compare.hpp"
#include "harness/core/detection.hpp"

namespace muster {

/// At level 0.05 and power 0.9, for every case by itself (launches_needed.hpp); of the cases of the first
/// side. `change`: relative. An estimate, which goes with the variance: after five launches of two
/// sides that lies between 0.46 and 3.7 times what they show, in 95 of 100 cases (chi-square, 8 degrees of
/// freedom). Going on from such a pilot found the change in 97.5 % of 4,000 simulated runs where 8 launches
/// are needed, in 92.3 % where 25 are and in 91.0 % where 35 are (at most 50 were allowed), and one that was
/// not there in 5.3 to 6.4 %: that the number is chosen by the first launches costs a little
/// (tests/power).
std::vector<CaseDetection> launches_for(double change, std::vector<Side> const& sides);

/// Of the known ones; 0 where there are none.
int most_needed(std::vector<CaseDetection> const& cases);

/// The smallest change that so many launches of each side find. 0 where deviation is.
double smallest_change(CaseDetection const& found, int launches);

}  // namespace muster
