// The columns of collectives that follow from their time.
#pragma once
#include "harness/core/document.hpp"

namespace muster {

/// Appends to result.figures, from its launches (medians over them) and its work; nothing without either:
///   time                 s, of one operation on the slowest rank
///   time_p99             s, where samples are single operations
///   algorithm_bandwidth  B/s, work.bytes a second
///   wire_bandwidth       B/s: what a node's ports really sent (figure node_sent_bytes) a second, or, where
///                        that is not known, what the busiest link carries by NCCL's algorithm (figure
///                        link_bytes)
void add_collective_figures(CaseResult& result);

}  // namespace muster
