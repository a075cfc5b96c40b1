// One [[series]] of published figures and its points.
#pragma once
#include <toml++/toml.h>

#include <map>
#include <string>

#include "harness/core/published.hpp"
#include "harness/plan/faults.hpp"

namespace muster {

/// Notes what is wrong in `faults` and goes on with a default.
PublishedSeries read_series(toml::table const& source, std::map<std::string, Scenario> const& systems,
                            Faults& faults);

}  // namespace muster
