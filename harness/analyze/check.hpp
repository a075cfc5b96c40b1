// Everything that a result says against the parts that it was measured on.
#pragma once
#include "harness/core/cluster_description.hpp"
#include "harness/core/document.hpp"
#include "harness/core/findings.hpp"
#include "harness/core/rank_samples.hpp"

namespace muster {

/// A result with the figures of its ranks.
struct CheckedResult {
  Document const& document;
  RankSamples const& samples;
};

/// `second`: the same parts measured again; `cluster`: what they should reach. Either may be null. Findings
/// come worst first; nodes to drain are those with a failing GPU or failing themselves.
Findings check(CheckedResult const& result, CheckedResult const* second, ClusterDescription const* cluster);

}  // namespace muster
