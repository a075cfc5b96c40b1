// Are the ranks what the plan takes them for? Asked before anything is measured.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "harness/core/document.hpp"
#include "kernels/contract/group.hpp"

namespace muster {

/// Throws Error(infrastructure) when the world is of another size than planned: a rank that was started by
/// another MPI's mpirun is alone in its own.
void check_world(int size, int planned, std::string const& library);

/// The libraries that must be the same on every rank, as it found them: {"NCCL", "2.21.5"}, {"MPI", ...}.
struct Libraries {
  std::string node;
  Facts versions;
};
std::string to_text(Libraries const& libraries);
Libraries libraries_from_text(std::string const& text);

/// What differs, naming the node and rank that has what few have, "problem (why) remedy"; "" when all agree.
std::string odd_library(std::vector<Libraries> const& ranks);

/// A group call. Throws Error(infrastructure) on rank 0 when ranks have different versions.
void check_libraries(Group& group, Libraries const& mine);

/// A group call: "uneven ..." where nodes have different numbers of ranks; "" where they are alike.
std::string uneven_ranks(Group& group);

}  // namespace muster
