// What the kernels that check a GEMM's result are handed, and what they leave.
#pragma once
#include <cstdint>

#include "kernels/gemm/gemm_problem.hpp"
#include "kernels/gemm/gemm_row_sums.hpp"
#include "kernels/gemm/gemm_samples.hpp"

namespace muster::cuda {

/// Results of a case: arrays of `bytes` bytes each, `stride` bytes apart, aligned to 8.
struct GemmResults {
  char const* data;
  std::uint64_t bytes, stride;
};

/// Sums that add up to one checksum: threads add to different ones, so that they do not queue for one
/// address.
inline constexpr unsigned checksum_slots = 16;

/// |d - fine| <= relative |fine| + absolute |a_i| + floor for every element of row i, or it is counted. A NaN
/// is too.
struct GemmCloseness {
  double relative, absolute, floor;
};
struct GemmDistant {
  unsigned long long count, first;  ///< start as {0, all bits set}
};

}  // namespace muster::cuda
