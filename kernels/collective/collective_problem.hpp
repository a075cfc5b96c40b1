// One collective as numbers: what each rank sends and receives, and the bandwidths that are made of its time.
// Formulas and roundings are those of nccl-tests (doc/PERFORMANCE.md and src/*.cu there), so that figures
// compare.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/collective/collective_data.hpp"
#include "kernels/contract/collective.hpp"
#include "kernels/contract/params.hpp"
#include "kernels/contract/work.hpp"

namespace muster {

/// Elements that rank `from` sends to each rank in all_to_all_v, and all it sends.
struct Exchange {
  std::vector<std::size_t> counts, offsets;
  std::size_t total = 0;
};

struct CollectiveProblem {
  Operation operation = Operation::all_reduce;
  ElementType type = ElementType::float32;
  Reduction reduction = Reduction::sum;
  std::uint64_t bytes = 0;  ///< as asked for: nccl-tests' size, of the larger of a rank's two buffers
  bool in_place = false;
  int root = 0;
  double spread = 0;          ///< all_to_all_v: how far a pair's count may lie from the mean, relative
  std::optional<int> with{};  ///< pairwise: the partner, -1 for none; absent: the rank half the group away
  std::uint64_t seed = 0;
  int rank = 0, ranks = 1;

  /// NCCL's count: bytes / element size; for operations with a part for every rank, that many for each,
  /// rounded down to whole 16 bytes as nccl-tests does. 0: nothing is left.
  std::size_t count() const;
  std::size_t send_elements() const;  ///< of this rank's source; 0 where the operation has none
  std::size_t recv_elements() const;  ///< of this rank's target
  /// S of nccl-tests: the size that algorithm bandwidth counts. all_to_all_v: the most that any rank sends or
  /// receives.
  std::uint64_t size() const;

  /// bytes: size(), so that bytes / seconds is the algorithm bandwidth. wire_bytes: size() times the factor
  /// of bus_factor(), rounded down, so that wire_bytes / seconds is the bus bandwidth. flops: what one rank
  /// adds, multiplies or compares when the work is shared evenly.
  Work work() const;
  /// {"bus_bandwidth_factor", ...}, {"message_bytes", size()}, {"count", count()}
  std::vector<Figure> figures() const;
  /// "bytes = 100 became 96 (...)"; "" where nothing was rounded.
  std::string rounding_note() const;

  /// May launches follow each other without new input, and still give the same result? Not where a sum takes
  /// the place of its own input.
  bool repeatable() const;
  CollectiveData data() const;
  int partner() const;                            ///< of pairwise; -1: none (an odd one out)
  Exchange sent() const;                          ///< all_to_all_v
  Exchange received() const;                      ///< all_to_all_v
  std::size_t exchanged(int from, int to) const;  ///< all_to_all_v: elements of that pair
};

/// From a case's parameters and the group that carries it out. `operation` belongs to the workload.
CollectiveProblem collective_problem(Operation operation, Params const& params, std::uint64_t seed, int rank,
                                     int ranks);

/// Throws Unsupported when nothing is left to send after rounding, or there are too few ranks; the case is
/// then skipped and never counted as a figure of 0.
void require_work(CollectiveProblem const& problem);

}  // namespace muster
