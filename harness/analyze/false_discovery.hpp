// Many tests at once. Source: Y. Benjamini, Y. Hochberg, "Controlling the False Discovery Rate", Journal of
// the Royal Statistical Society B 57 (1995).
#pragma once
#include <span>
#include <vector>

namespace muster {

/// Of each p the smallest level at which the procedure rejects it, in the same order. Where nothing differs,
/// the chance that any q is at most alpha is at most alpha.
std::vector<double> benjamini_hochberg(std::span<double const> p);

}  // namespace muster
