// The table of collectives for people: what nccl-tests prints, and what should have been reached.
#pragma once
#include "harness/core/document.hpp"
#include "harness/report/table.hpp"

namespace muster {

bool is_collective(CaseResult const& result);

/// A row for each collective case of the document; no rows where there is none. Bandwidths are those of the
/// slowest rank's time; a case without figures says why in place of them.
Table collective_table(Document const& document);

/// The value of a case's further figure; absent where it has none of that name.
std::optional<double> figure_of(CaseResult const& result, std::string_view name);

}  // namespace muster
