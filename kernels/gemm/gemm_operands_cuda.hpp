// The operands of a GEMM case on the GPU: sets with the same contents at different addresses.
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/gemm/gemm_problem.hpp"
#include "kernels/gemm/lt_product.hpp"

namespace muster::cuda {

/// Makes A and B of the first set and copies them to the others; leaves the results unwritten. One
/// allocation: all operands, then all results, each aligned to 512 bytes.
class OperandSets {
 public:
  /// As many as `sets` says, or one where that many cannot be had. Throws OutOfMemory, DeviceError.
  OperandSets(GemmProblem const& problem, unsigned sets, Device& device);

  unsigned count() const { return static_cast<unsigned>(sets_.size()); }
  GemmOperands const& at(unsigned set) const { return sets_[set]; }
  /// The result of set 0; those of the others follow, result_stride() bytes apart.
  void* results() const { return sets_.front().d; }
  std::uint64_t result_stride() const { return result_stride_; }

 private:
  void place(unsigned sets);
  void fill(Device& device);

  GemmProblem problem_;
  std::uint64_t result_stride_ = 0;
  DeviceBuffer memory_;
  std::vector<GemmOperands> sets_;
};

}  // namespace muster::cuda
