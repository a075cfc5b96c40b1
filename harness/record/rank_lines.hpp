// Reads back what rank_line() of side_lines.hpp wrote: the figures of one node's ranks, a line a case and
// launch.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/rank_samples.hpp"

namespace muster {

/// Of one node. RankSample::node is 0; uuid and taint are places in `uuids` and `taints`, whose first are "".
struct NodeSamples {
  std::vector<std::string> uuids{""}, taints{""};
  std::vector<std::pair<std::size_t, RankSample>> entries;  ///< by index of the case, as they were read
};

/// Entries without a median are left out, columns that are not known passed over. Throws Error(usage) with
/// the line where `text` is no such file of a document with `cases` cases.
NodeSamples read_rank_lines(std::string_view text, std::size_t cases);

}  // namespace muster
