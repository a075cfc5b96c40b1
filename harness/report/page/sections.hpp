// The parts of a page about one document, in the order in which they stand there. Each is empty where the
// document has nothing to show in it.
#pragma once
#include "harness/report/page/parts.hpp"
#include "harness/report/page/reported.hpp"

namespace muster {

/// What ran on what, how it ended, what is wrong with it.
Markup verdict_box(ReportedResult const& result);
Markup findings_box(ReportedResult const& result);  ///< empty where nothing could be judged
Markup headline_tiles(ReportedResult const& result);

Markup findings_section(ReportedResult const& result);
Markup cases_section(ReportedResult const& result);
Markup roofline_section(ReportedResult const& result);
Markup collectives_section(ReportedResult const& result);
Markup scaling_section(ReportedResult const& result);
Markup stages_section(ReportedResult const& result);
Markup training_section(ReportedResult const& result);
Markup ranks_section(ReportedResult const& result);
Markup links_section(ReportedResult const& result);
Markup sensors_section(ReportedResult const& result);
Markup failures_section(ReportedResult const& result);
Markup machines_section(ReportedResult const& result);
Markup reproduce_section(ReportedResult const& result);

}  // namespace muster
