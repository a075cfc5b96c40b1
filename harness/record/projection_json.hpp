// A projection as JSON: schema "muster.projection".
#pragma once
#include <string>

#include "harness/core/projection.hpp"

namespace muster {

std::string to_json(project::Projection const& projection);

}  // namespace muster
