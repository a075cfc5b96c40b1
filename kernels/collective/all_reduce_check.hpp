// The all-reduce as numbers, its input and the check of its answer, in the element's own encoding. Shared by
// both backends; see all_reduce_data.hpp for how the input is made.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/collective/all_reduce_data.hpp"
#include "kernels/contract/device.hpp"
#include "kernels/contract/params.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/contract/work.hpp"

namespace muster {

ReduceType reduce_type(std::string_view name);  ///< throws std::invalid_argument for another name
std::string_view name(ReduceType type);
std::size_t element_bytes(ReduceType type);

struct AllReduceProblem {
  ReduceType type = ReduceType::float32;
  std::uint64_t bytes = 0;  ///< of each rank's buffer, a multiple of the element size
  std::uint64_t seed = 0;
  int rank = 0, ranks = 1;

  std::size_t count() const { return static_cast<std::size_t>(bytes / element_bytes(type)); }
  /// bytes: the buffer's size, so that bytes / seconds is the algorithm bandwidth. wire_bytes: what each rank
  /// must at least send, bytes * 2 (n - 1) / n, rounded down, so that wire_bytes / seconds is the bus
  /// bandwidth as nccl-tests defines it (doc/PERFORMANCE.md there). flops: the additions of this rank's
  /// share, bytes/size * (n - 1) / n.
  Work work() const;
  /// {"bus_bandwidth_factor", 2 (n - 1) / n}: bus bandwidth divided by it is the algorithm bandwidth.
  std::vector<Figure> figures() const;
};

/// From a case's parameters `type`, `bytes`, and the group.
AllReduceProblem all_reduce_problem(Params const& params, std::uint64_t seed, int rank, int ranks);

/// Writes this rank's input, count() elements in the type's encoding, to host memory, by all threads of
/// `team`.
void fill_all_reduce(AllReduceProblem const& problem, void* input, Team& team);

/// Compares all of `output` (host memory, count() elements) with the right sums, bit for bit. `error` of the
/// verdict is the number of wrong elements, the tolerance 0; the detail names rank, first wrong element, got,
/// expected, count.
Verdict check_all_reduce(AllReduceProblem const& problem, void const* output, Team& team);

}  // namespace muster
