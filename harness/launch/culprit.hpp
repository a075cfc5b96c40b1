// Which rank the others waited for, from where each of them stood.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "harness/core/stand.hpp"

namespace muster {

struct Culprit {
  int rank = -1;  ///< -1: it cannot be told
  std::string node{};
  std::string message{};  ///< what the others waited in, and what is known of the rank; "" when nothing is
};

/// `stands` of one set of `ranks` workers; of several by one rank the last counts. `nodes`: where each rank
/// runs, as far as known. Ranks that left no stand while others did were stopped, or are gone. Where all left
/// one, the ranks that are behind the others are waited for; where all wait in the same call, the ones that
/// sleep in it while the others poll.
Culprit find_culprit(std::vector<Stand> const& stands, int ranks, std::map<int, std::string> const& nodes);

/// "rank 1", "ranks 0, 2, 3", "ranks 0-1022, 1024-5759". Ascending numbers; may be empty.
std::string rank_list(std::vector<int> const& ranks);

}  // namespace muster
