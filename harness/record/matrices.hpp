// The matrices of one case, put together from those of its ranks and launches.
#pragma once
#include <string>
#include <vector>

#include "harness/record/figures.hpp"

namespace muster {

/// By name, in the order first seen: element by element the median over the records that measured it; NaN
/// where none did. Another launch may have had other nodes: matrices whose rows, columns or unit differ from
/// the first one's are left out, and clashes() says so.
std::vector<Matrix> median_matrices(Ranks const& ranks);

/// A warning for each name whose matrices do not fit together.
std::vector<std::string> clashes(Ranks const& ranks);

}  // namespace muster
