// What a check found, for people and for monitoring.
#pragma once
#include <string>

#include "harness/core/findings.hpp"
#include "harness/report/table.hpp"

namespace muster {

Table findings_table(Findings const& findings);
Table expectations_table(Findings const& findings);

/// Verdict, coverage, and what was not judged: one line each.
std::string coverage_words(Findings const& findings);

/// Lines to paste, one a node; a node whose name cannot stand in one is a comment that says so. "" where
/// nothing is to be drained.
std::string drain_lines(Findings const& findings);

/// One line of a monitoring plug-in with its performance data; source: Monitoring Plugins Development
/// Guidelines.
std::string nagios_line(Findings const& findings);
int nagios_code(Findings const& findings);  ///< 0 ok, 1 warning, 2 critical, 3 unknown
inline constexpr int nagios_unknown_code = 3;
std::string nagios_unknown(std::string const& why);  ///< the line where there is no answer at all

}  // namespace muster
