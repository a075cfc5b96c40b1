// A figure and how sure it is.
#pragma once
#include <span>

namespace muster::project {

/// Quantiles over the draws: eight of ten lie between p10 and p90.
struct Band {
  double p10 = 0, p50 = 0, p90 = 0;
};

/// `draws` not empty.
Band band_of(std::span<double const> draws);

}  // namespace muster::project
