// One GEMM as numbers: type, sizes, what it costs. Shared by both backends.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernels/contract/params.hpp"
#include "kernels/contract/work.hpp"

namespace muster {

/// Type of the operands and of the arithmetic. tf32 is stored as float.
enum class GemmType { fp64, fp32, tf32, fp16, bf16 };

GemmType gemm_type(std::string_view name);  ///< throws std::invalid_argument for another name
std::string_view name(GemmType type);
std::size_t element_bytes(GemmType type);

/// D = A B; A is m x k, B is k x n, D is m x n. D has `output`'s type, by default the operands' own.
struct GemmProblem {
  GemmType type = GemmType::fp32;
  GemmType output = GemmType::fp32;
  std::int64_t m = 0, n = 0, k = 0;
  std::uint64_t seed = 0;

  std::uint64_t a_bytes() const { return elements(m, k) * element_bytes(type); }
  std::uint64_t b_bytes() const { return elements(k, n) * element_bytes(type); }
  std::uint64_t d_bytes() const { return elements(m, n) * element_bytes(output); }
  std::uint64_t total_bytes() const { return a_bytes() + b_bytes() + d_bytes(); }
  /// 2 m n k operations; A and B read once, D written once.
  Work work() const;

 private:
  static std::uint64_t elements(std::int64_t rows, std::int64_t columns) {
    return static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(columns);
  }
};

/// From a case's parameters `type`, `m`, `n`, `k`.
GemmProblem gemm_problem(Params const& params, std::uint64_t seed);

/// Throws OutOfMemory when the operands (and `extra_bytes` of workspace) do not fit into `free_bytes`: says
/// how much is needed, how much is free, and the largest square size that fits.
void require_memory(GemmProblem const& problem, std::uint64_t free_bytes, std::uint64_t extra_bytes = 0);

}  // namespace muster
