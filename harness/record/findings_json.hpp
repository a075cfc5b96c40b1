// What a check found, as JSON.
#pragma once
#include <string>

#include "harness/core/findings.hpp"

namespace muster {

/// One object, strict and with a newline at its end; see results/README.md. Its own format, with a version.
std::string to_json(Findings const& findings);

}  // namespace muster
