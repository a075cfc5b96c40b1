// What check_gemm() does on the host, for a D on the GPU: the sampled rows are compared there, all else here.
#pragma once
#include <cuda_runtime_api.h>

#include <cstdint>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/gemm/gemm_check.hpp"
#include "kernels/gemm/gemm_check_kernels_cuda.hpp"

namespace muster::cuda {

/// Device memory that checking takes: sums of rows.
std::uint64_t gemm_check_bytes(GemmProblem const& problem);

/// `d` on the device, compared with the fp64 product on the host.
GemmFinding check_sampled_rows(GemmProblem const& problem, void const* d, Device& device);

/// Freivalds' check of `d`, or of `fine` where that is given: the same product with fp32 output, so that
/// rounding hides nothing. `d` must then be what rounding makes of it, in every element.
GemmFinding check_all_rows(GemmProblem const& problem, void const* d, float const* fine, Device& device);

/// Checksums of all results of a case, compared where they are, in stream order.
class GemmResultBits {
 public:
  static constexpr unsigned most = 64;  ///< results at once

  /// `sets` results of `bytes` bytes each, `stride` apart, the first at `data`. Spoils them.
  GemmResultBits(void* data, std::uint64_t bytes, std::uint64_t stride, unsigned sets, int units,
                 cudaStream_t stream);

  /// Enqueues: makes all of them all NaN, and their bits unlike those of any product.
  void spoil();
  /// Enqueues: counts what is there as one more sample. Bit s of `written`: set s must have been written
  /// since spoil().
  void count(std::uint64_t written);

  struct Seen {
    GemmSamples samples{};
    std::vector<std::uint64_t> sums{};  ///< of each result, at the last count()
    std::uint64_t blank = 0;            ///< that of one which nobody has written
  };
  Seen seen();  ///< waits
  /// Enqueues: forgets the counts; results have to have checksum `reference` from now on (0: that of the next
  /// one).
  void start_anew(std::uint64_t reference);

 private:
  char* data_;
  std::uint64_t bytes_, stride_;
  unsigned sets_;
  GemmCheckKernels kernels_;
  DeviceBuffer slots_, sums_, samples_;
  std::uint64_t blank_ = 0;
  unsigned long long number_ = 0;
};

}  // namespace muster::cuda
