// Where a collective's source and target lie: in two buffers, or overlapping in one as NCCL defines in place.
#pragma once
#include <cstddef>

#include "kernels/collective/collective_problem.hpp"

namespace muster {

struct CollectiveLayout {
  std::size_t send = 0, recv = 0;        ///< bytes of source and target; 0: this rank has none
  std::size_t source = 0, target = 0;    ///< bytes of the two buffers; in place there is only the first
  std::size_t send_at = 0, recv_at = 0;  ///< in place: where source and target begin in it
  bool in_place = false;
};

CollectiveLayout collective_layout(CollectiveProblem const& problem);

/// The call on those buffers. It refers to `sent` and `received` (of all_to_all_v; see CollectiveProblem).
CollectiveCall collective_call(CollectiveProblem const& problem, void const* send, void* recv,
                               Exchange const& sent, Exchange const& received);

/// Throws OutOfMemory, saying what is needed, what is free and what fits, unless both buffers and `others`
/// more of the target's size fit.
void require_memory(CollectiveProblem const& problem, std::size_t others, std::uint64_t free_bytes);

}  // namespace muster
