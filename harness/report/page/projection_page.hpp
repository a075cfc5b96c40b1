// A projection as a page of its own.
#pragma once
#include <string>

#include "harness/core/projection.hpp"

namespace muster {

/// Scaling curves with their bands and the points that were measured, what was said of the cluster beside
/// what comes out, where the time goes, what moves the answer, what it all rests on.
std::string projection_page(project::Projection const& projection);

}  // namespace muster
