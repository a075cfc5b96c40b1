// The memory workload as numbers, and the check of its answer. Shared by both backends.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/contract/params.hpp"
#include "kernels/contract/share.hpp"
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
  /// 1 (read, write), 2 (copy, scale) or 3 (add, triad).
  std::uint64_t arrays() const {
    return (writes_a(op) ? 1U : 0U) + (reads_b(op) ? 1U : 0U) + (reads_c(op) ? 1U : 0U);
  }
  std::uint64_t all_bytes() const { return arrays() * bytes; }
  std::uint64_t bytes_of(MemoryArray array) const;  ///< 0 for an array that the operation does not have
  /// Bytes the algorithm moves: arrays() * bytes. A write-allocate's extra read is not counted.
  Work work() const;

  /// Is there more than fits into the last cache? (`cache_bytes` 0: not known, so yes.)
  bool past_cache(std::uint64_t cache_bytes) const { return all_bytes() > cache_bytes; }
  /// Is it four times the last cache and more, as STREAM asks for, so that the memory's bandwidth is the
  /// limit?
  bool beyond_cache(std::uint64_t cache_bytes) const { return all_bytes() >= 4 * cache_bytes; }
};

/// From a case's parameters `op`, `type`, `bytes`.
MemoryProblem memory_problem(Params const& params, std::uint64_t seed);

/// Throws OutOfMemory when the arrays do not fit into `free_bytes`, saying what would.
void require_memory(MemoryProblem const& problem, std::uint64_t free_bytes);

/// How the arrays compare with the last cache, and why there is no bound where there is none.
std::vector<std::pair<std::string, std::string>> cache_facts(MemoryProblem const& problem,
                                                             std::uint64_t cache_bytes);

/// What comparing an array with the right answer found: by check_memory() below, or by a kernel on the GPU.
struct MemoryMismatch {
  std::uint64_t wrong = 0;  ///< elements whose bits differ from the right answer
  std::uint64_t first = 0;  ///< index of the first of them
  double got = 0;           ///< its value
};

/// Every element, bit for bit. `error` of the verdict is the number of wrong elements, the tolerance 0.
Verdict memory_verdict(MemoryProblem const& problem, MemoryMismatch const& found);

/// Of `read`, whose answer is the sum of the source's 8-byte words modulo 2^64; the source itself must not
/// have changed.
Verdict read_verdict(MemoryProblem const& problem, MemoryMismatch const& source, std::uint64_t sum,
                     std::uint64_t expected_sum);

/// The right answer of `read`, computed from the formula by all threads of `team`.
std::uint64_t expected_sum(MemoryProblem const& problem, Team& team);

/// Compares all of `a` (host memory, count() elements; for read: the source) with the right answer, by all
/// threads of `team`.
MemoryMismatch compare_memory(MemoryProblem const& problem, void const* a, Team& team);

/// The verdict on that comparison.
Verdict check_memory(MemoryProblem const& problem, void const* a, Team& team);

/// Fills `out` (host memory) with a source's values, each thread of `team` the part that share_of() gives it
/// in whole pages: who writes first decides where the pages lie.
void fill_memory(MemoryProblem const& problem, MemoryArray array, void* out, Team& team);

/// The part of an array that thread `index` of `threads` works on, in elements; starts at a page.
Share memory_part(MemoryProblem const& problem, int index, int threads);

}  // namespace muster
