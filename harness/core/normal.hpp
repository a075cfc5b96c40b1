// The normal distribution.
#pragma once

namespace muster {

double normal_below(double z);     ///< P(Z <= z)
double normal_quantile(double p);  ///< 0 < p < 1

}  // namespace muster
