// The stages of input pipelines for people: what each does alone and in the pipeline, and what holds it up.
#pragma once
#include <string>

#include "harness/core/document.hpp"
#include "harness/report/table.hpp"

namespace muster {

/// A row for each stage of each case that has stages, and below them what the case says of itself: the
/// bottleneck, the batches, the cores, the share of what a GPU of the 2021 cluster gets. All from the
/// document's figures and facts; no rows where no case has any.
Table stage_table(Document const& document);

/// The fact of that name; "" where there is none.
std::string fact_of(CaseResult const& result, std::string_view name);

}  // namespace muster
