// The host's GEMM libraries behind one interface, ready to call.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "kernels/gemm/gemm_problem.hpp"

namespace muster::host {

/// Where the operands lie: dense row-major matrices, or a part of larger ones (then the row strides are
/// larger).
struct GemmOperands {
  void const* a = nullptr;
  void const* b = nullptr;
  void* d = nullptr;
  /// Elements from one row, as stored, to the next.
  std::int64_t a_stride = 0, b_stride = 0, d_stride = 0;
  /// Elements from one product's matrix to the next one's.
  std::int64_t a_batch = 0, b_batch = 0, d_batch = 0;
  bool add = false;  ///< D = A B + D, in place of D = A B
};

/// All of `problem`, dense.
inline GemmOperands dense_operands(GemmProblem const& problem, void const* a, void const* b, void* d) {
  return {a,
          b,
          d,
          a_transposed(problem.layout) ? problem.m : problem.k,
          b_transposed(problem.layout) ? problem.k : problem.n,
          problem.n,
          problem.m * problem.k,
          problem.k * problem.n,
          problem.m * problem.n};
}

/// One library, set up for one product.
class GemmLibrary {
 public:
  virtual ~GemmLibrary() = default;
  virtual std::string name() const = 0;  ///< "OpenBLAS 0.3.21", "oneDNN 2.6.3 (brg:avx512_core)"
  virtual void multiply() = 0;           ///< D = A B, or what GemmOperands::add says; throws DeviceError
};

/// fp64 and fp32; null for other types. Uses one thread for each of `cpus`, the calling one among them, each
/// further one pinned to its CPU. The products of a batch one after the other.
std::unique_ptr<GemmLibrary> openblas_gemm(GemmProblem const& problem, GemmOperands const& operands,
                                           std::vector<int> const& cpus);

/// fp32, and bf16, fp16 and int8 where oneDNN has them for this CPU; null for other types. Threads as above.
std::unique_ptr<GemmLibrary> onednn_gemm(GemmProblem const& problem, GemmOperands const& operands,
                                         std::vector<int> const& cpus);

}  // namespace muster::host
