// The smallest change that matters.
#pragma once
#include "harness/core/document.hpp"

namespace muster {

/// Relative, by kind of figure: matrix products 2 %; collectives of at least 16 MiB 3 %; smaller ones and
/// those timed one at a time, where latency is what counts, 10 %; data loading 5 %; all others 3 %. Chosen,
/// not derived: about twice what launches of such cases differ by where nothing has changed.
double usual_margin(CaseResult const& result);

}  // namespace muster
