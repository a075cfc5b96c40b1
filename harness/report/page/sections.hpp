// The parts of a page about one document, in the order in which they stand there. Each is empty where the
// document has nothing to show in it.
#pragma once
#include "harness/report/page/parts.hpp"
#include "harness/report/page/reported.hpp"

namespace muster {

/// What ran on what, how it ended, what is wrong with it.
Markup verdict_box(ReportedResult const& result);
Markup headline_tiles(ReportedResult const& result);

Markup cases_section(ReportedResult const& result, std::size_t document);
Markup roofline_section(ReportedResult const& result, std::size_t document);
Markup collectives_section(ReportedResult const& result, std::size_t document);
Markup scaling_section(ReportedResult const& result, std::size_t document);
Markup stages_section(ReportedResult const& result, std::size_t document);
Markup ranks_section(ReportedResult const& result, std::size_t document);
Markup links_section(ReportedResult const& result, std::size_t document);
Markup sensors_section(ReportedResult const& result, std::size_t document);
Markup failures_section(ReportedResult const& result, std::size_t document);
Markup machines_section(ReportedResult const& result, std::size_t document);
Markup reproduce_section(ReportedResult const& result, std::size_t document);

}  // namespace muster
