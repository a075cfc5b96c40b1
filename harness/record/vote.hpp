// Same product, same bits: which rank's answer differs from all the others'?
#pragma once
#include "harness/record/case_events.hpp"

namespace muster {

/// Compares the fingerprints of a case over all ranks, nodes and launches, among those that were made the
/// same way, and turns into `wrong` what the majority contradicts: the message names its rank, node and
/// device. Where no value has more than half of the votes nobody can be believed, and all of them become
/// `wrong`. A rank that did not end `ok` has no vote. Source: cuBLAS documentation, "Results
/// reproducibility": same bits for the same library version, architecture and number of multiprocessors; a
/// check that no peer makes (see gpu-burn, DCGM: each GPU against itself).
void vote(CaseEvents& launches, RecordPool& pool);

}  // namespace muster
