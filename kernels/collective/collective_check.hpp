// Input and check of collectives in host memory, and the words for what is wrong. Where every element of a
// rank's result comes from is a list of segments, which the GPU's check uses as well.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "kernels/collective/collective_problem.hpp"
#include "kernels/contract/device.hpp"
#include "kernels/contract/verdict.hpp"

namespace muster {

/// A stretch of a rank's result and its origin.
struct Segment {
  static constexpr int all_ranks = -1;  ///< reduced over all of them
  std::size_t begin = 0, count = 0;     ///< elements of the result
  int source = all_ranks;
  std::uint64_t first = 0;  ///< of `source`'s elements, or of what was reduced, the one that lies at `begin`
};

/// Of the whole result of problem.rank; empty where it gets none.
std::vector<Segment> segments_of(CollectiveProblem const& problem);

/// Is `got` what belongs at element `begin + i` of the segment?
MUSTER_HD inline bool segment_is_right(CollectiveData const& data, int source, std::uint64_t element,
                                       std::uint64_t got) {
  return source == Segment::all_ranks ? is_right(data, element, got)
                                      : got == moved_input(data, source, element);
}

/// Element `i` of this rank's source.
MUSTER_HD inline std::uint64_t source_bits(CollectiveData const& data, bool reduced, int rank,
                                           std::uint64_t i) {
  return reduced ? reduced_input(data, rank, i) : moved_input(data, rank, i);
}

/// Writes problem.send_elements() elements, by all threads of the team.
void fill_source(CollectiveProblem const& problem, void* source, Team& team);

/// What is wrong with one segment.
struct SegmentFault {
  std::uint64_t wrong = 0;
  std::uint64_t first = std::numeric_limits<std::uint64_t>::max();  ///< element of the result
  std::uint64_t got = 0;                                            ///< its bits
};

/// `result` holds problem.recv_elements() elements; a fault for each segment.
std::vector<SegmentFault> check_result(CollectiveProblem const& problem, void const* result, Team& team);

/// The verdict: error is the number of wrong elements, the tolerance 0. The detail names this rank, the
/// rank(s) whose data are wrong or missing, the first wrong element, got, expected and the seed. `members`:
/// the world's ranks of a sub-group, by its own numbers; empty: the same.
Verdict judge_result(CollectiveProblem const& problem, std::vector<Segment> const& segments,
                     std::vector<SegmentFault> const& faults, std::vector<int> const& members = {});

/// For sums: the rank without whose part `got` would be right in `element`; -1: there is none, or several.
int missing_rank(CollectiveData const& data, std::uint64_t element, std::uint64_t got);

/// A value's bits for people: "-3.5 (0xc060)", "17".
std::string element_text(ElementType type, std::uint64_t bits);

/// Element `index` of a buffer, as bits.
std::uint64_t load_bits(ElementType type, void const* buffer, std::size_t index);
void store_bits(ElementType type, void* buffer, std::size_t index, std::uint64_t bits);

}  // namespace muster
