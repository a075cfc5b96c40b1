// The memory workload as numbers, and the check of its answer. Shared by both backends.
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/contract/device.hpp"
#include "kernels/contract/params.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/contract/work.hpp"
#include "kernels/memory/memory_data.hpp"

namespace muster {

struct MemoryProblem {
  MemoryOp op = MemoryOp::copy;
  MemoryType type = MemoryType::fp64;
  std::uint64_t bytes = 0;  ///< of one array, a multiple of the element size
  std::uint64_t seed = 0;

  std::uint64_t element_bytes() const { return type == MemoryType::fp64 ? 8 : 4; }
  std::uint64_t count() const { return bytes / element_bytes(); }
  std::uint64_t arrays() const { return op == MemoryOp::copy ? 2 : 3; }
  /// Bytes the algorithm moves: arrays() * bytes. A write-allocate's extra read is not counted.
  Work work() const;
};

/// From a case's parameters `op`, `type`, `bytes`.
MemoryProblem memory_problem(Params const& params, std::uint64_t seed);

/// Throws OutOfMemory when the arrays do not fit into `free_bytes`, saying what would.
void require_memory(MemoryProblem const& problem, std::uint64_t free_bytes);

/// What comparing an array with the right answer found: by check_memory() below, or by a kernel on the GPU.
struct MemoryMismatch {
  std::uint64_t wrong = 0;  ///< elements whose bits differ from the right answer
  std::uint64_t first = 0;  ///< index of the first of them
  double got = 0;           ///< its value
};

/// Every element, bit for bit. `error` of the verdict is the number of wrong elements, the tolerance 0.
Verdict memory_verdict(MemoryProblem const& problem, MemoryMismatch const& found);

/// Compares all of `a` (host memory, count() elements) with the right answer, by all threads of `team`.
Verdict check_memory(MemoryProblem const& problem, void const* a, Team& team);

}  // namespace muster
