// A report as one HTML file: no network, no scripts, charts as inline SVG.
#pragma once
#include <string>
#include <vector>

#include "harness/report/page/reported.hpp"

namespace muster {

/// The same input gives the same bytes. `results`: at least one.
std::string report_page(std::vector<ReportedResult> const& results);

}  // namespace muster
