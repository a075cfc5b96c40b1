// What a check came to, on paper: for accepting a machine, or for refusing it.
#pragma once
#include <string>

#include "harness/core/findings.hpp"

namespace muster {

/// Verdict, coverage, every expectation with what was measured, findings, and the hashes of the evidence. The
/// same findings give the same bytes: no time of its own, no path of the machine that it was written on.
std::string certificate_markdown(Findings const& findings);
/// One page without scripts, pictures or anything from elsewhere; prints in black on white.
std::string certificate_html(Findings const& findings);

}  // namespace muster
