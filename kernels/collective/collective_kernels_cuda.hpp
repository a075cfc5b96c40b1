// Launches of the kernels that make and check a collective's data on the GPU.
#pragma once
#include <cuda_runtime_api.h>

#include <vector>

#include "kernels/collective/collective_check.hpp"
#include "kernels/cuda/buffer.hpp"

namespace muster::cuda {

/// Enqueues the making of a rank's source (problem.send_elements() elements). `units`: multiprocessors.
void fill_source(CollectiveProblem const& problem, void* source, int units, cudaStream_t stream);

/// The check of one rank's results, all of it in the stream.
class ResultCheck {
 public:
  /// Throws OutOfMemory, DeviceError.
  ResultCheck(CollectiveProblem const& problem, int units, cudaStream_t stream);

  void count_sample(void const* result);  ///< enqueues; one wrong element makes a wrong sample
  std::uint64_t wrong_samples() const;    ///< of all counted; waits
  std::vector<SegmentFault> faults(void const* result) const;  ///< waits

 private:
  void enqueue(void const* result) const;

  CollectiveProblem problem_;
  std::vector<Segment> segments_;
  int units_;
  cudaStream_t stream_;
  DeviceBuffer list_, counts_, totals_;  ///< segments; a SegmentCount each; wrong elements, wrong samples
};

}  // namespace muster::cuda
