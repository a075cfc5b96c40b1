// Makes a worker's record fit for writing down: every number in it finite.
#pragma once
#include "harness/core/record.hpp"

namespace muster {

/// Figures, bounds and device readings that are not finite are left out, with a warning in the record; a
/// verification error that is not finite is a failed verification; sample times that are not positive make
/// the rank `internal`.
CaseRecord tidied(CaseRecord record);

}  // namespace muster
