#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/memory/memory_kernels.cuh"
#include "kernels/memory/memory_kernels_cuda.hpp"

namespace muster::cuda {

MemoryKernels::MemoryKernels(MemoryProblem const& problem, int units, cudaStream_t stream)
    : problem_(problem), blocks_(grid_size(problem.bytes / 16, units, block_size)), stream_(stream) {}

template <class T>
void MemoryKernels::fill_as(void (*kernel)(T*, std::uint64_t, std::uint64_t), void* out,
                            MemoryArray array) const {
  kernel<<<blocks_, block_size, 0, stream_>>>(static_cast<T*>(out), problem_.count(),
                                              memory_key(problem_.seed, array));
}

void MemoryKernels::fill(void* out, MemoryArray array) const {
  if (problem_.type == MemoryType::fp64) {
    fill_as(memory_fill_fp64, out, array);
  } else {
    fill_as(memory_fill_fp32, out, array);
  }
  check(cudaGetLastError(), "memory_fill");
}

void MemoryKernels::run(void* a, void const* b, void const* c) const {
  auto const count = problem_.count();
  bool const copy = problem_.op == MemoryOp::copy;
  if (problem_.type == MemoryType::fp64) {
    auto* const to = static_cast<double*>(a);
    auto const *first = static_cast<double const*>(b), *second = static_cast<double const*>(c);
    if (copy) {
      memory_copy_fp64<<<blocks_, block_size, 0, stream_>>>(to, first, count);
    } else {
      memory_triad_fp64<<<blocks_, block_size, 0, stream_>>>(to, first, second, count);
    }
  } else {
    auto* const to = static_cast<float*>(a);
    auto const *first = static_cast<float const*>(b), *second = static_cast<float const*>(c);
    if (copy) {
      memory_copy_fp32<<<blocks_, block_size, 0, stream_>>>(to, first, count);
    } else {
      memory_triad_fp32<<<blocks_, block_size, 0, stream_>>>(to, first, second, count);
    }
  }
  check(cudaGetLastError(), copy ? "memory_copy" : "memory_triad");
}

void MemoryKernels::enqueue_compare(void const* a, void* counters) const {
  auto const key_b = memory_key(problem_.seed, MemoryArray::b),
             key_c = memory_key(problem_.seed, MemoryArray::c);
  auto* const found = static_cast<MismatchCounters*>(counters);
  if (problem_.type == MemoryType::fp64) {
    memory_compare_fp64<<<blocks_, block_size, 0, stream_>>>(static_cast<double const*>(a), problem_.count(),
                                                             problem_.op, key_b, key_c, found);
  } else {
    memory_compare_fp32<<<blocks_, block_size, 0, stream_>>>(static_cast<float const*>(a), problem_.count(),
                                                             problem_.op, key_b, key_c, found);
  }
  check(cudaGetLastError(), "memory_compare");
}

MemoryMismatch MemoryKernels::compare(void const* a) const {
  MismatchCounters found{0, ~0ULL};
  DeviceBuffer counters(sizeof found, "the comparison");
  copy_to_device(counters.as(), &found, sizeof found, stream_);
  enqueue_compare(a, counters.as());
  copy_to_host(&found, counters.as(), sizeof found, stream_);
  MemoryMismatch mismatch{found.wrong, 0, 0};
  if (found.wrong == 0) return mismatch;
  mismatch.first = found.first;
  if (problem_.type == MemoryType::fp64) {
    copy_to_host(&mismatch.got, static_cast<double const*>(a) + found.first, sizeof(double), stream_);
  } else {
    float got = 0;
    copy_to_host(&got, static_cast<float const*>(a) + found.first, sizeof got, stream_);
    mismatch.got = static_cast<double>(got);
  }
  return mismatch;
}

}  // namespace muster::cuda
