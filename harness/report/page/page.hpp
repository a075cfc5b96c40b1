// A report as one HTML file: no network, no scripts, charts as inline SVG.
#pragma once
#include <string>

#include "harness/report/page/reported.hpp"

namespace muster {

/// The same input gives the same bytes.
std::string report_page(ReportInput const& input);

}  // namespace muster
