// A collective's data made and checked on the GPU, untimed: see collective_data.hpp for what they are.
#pragma once
#include "kernels/collective/collective_check.hpp"
#include "kernels/cuda/device.cuh"

namespace muster::cuda {

/// What was found in a segment; `first` starts as the largest number there is. `seen`: elements looked at, so
/// that a check that did not run is not taken for one that found nothing.
struct SegmentCount {
  unsigned long long wrong, first, seen;
};

template <class Stored>
__device__ void fill_elements(CollectiveData const& data, bool reduced, int rank, void* source,
                              std::uint64_t count) {
  auto* const values = static_cast<Stored*>(source);
  for (std::uint64_t i = grid_first(); i < count; i += grid_step())
    values[i] = static_cast<Stored>(source_bits(data, reduced, rank, i));
}

__global__ void __launch_bounds__(block_size)
    collective_fill(CollectiveData data, bool reduced, int rank, void* source, std::uint64_t count) {
  switch (bits_of_type(data.type)) {
    case 8:
      return fill_elements<std::uint8_t>(data, reduced, rank, source, count);
    case 16:
      return fill_elements<std::uint16_t>(data, reduced, rank, source, count);
    case 32:
      return fill_elements<std::uint32_t>(data, reduced, rank, source, count);
    default:
      return fill_elements<std::uint64_t>(data, reduced, rank, source, count);
  }
}

template <class Stored>
__device__ void check_elements(CollectiveData const& data, void const* result, Segment const* segments,
                               int segment_count, SegmentCount* counts, unsigned long long* total) {
  auto const* const values = static_cast<Stored const*>(result);
  for (int s = 0; s < segment_count; ++s) {
    Segment const segment = segments[s];
    unsigned long long wrong = 0, first = ~0ULL, seen = 0;
    for (std::uint64_t i = grid_first(); i < segment.count; i += grid_step()) {
      ++seen;
      if (segment_is_right(data, segment.source, segment.first + i, values[segment.begin + i])) continue;
      if (wrong++ == 0) first = segment.begin + i;
    }
    if (seen > 0) atomicAdd(&counts[s].seen, seen);
    if (wrong == 0) continue;
    atomicAdd(&counts[s].wrong, wrong);
    atomicMin(&counts[s].first, first);
    atomicAdd(total, wrong);
  }
}

/// Counts what is wrong in each segment of `result`, and in all of them together. One block an SM is named
/// since ptxas otherwise spills to keep to 64 registers.
__global__ void __launch_bounds__(block_size, 1)
    collective_check(CollectiveData data, void const* result, Segment const* segments, int segment_count,
                     SegmentCount* counts, unsigned long long* total) {
  switch (bits_of_type(data.type)) {
    case 8:
      return check_elements<std::uint8_t>(data, result, segments, segment_count, counts, total);
    case 16:
      return check_elements<std::uint16_t>(data, result, segments, segment_count, counts, total);
    case 32:
      return check_elements<std::uint32_t>(data, result, segments, segment_count, counts, total);
    default:
      return check_elements<std::uint64_t>(data, result, segments, segment_count, counts, total);
  }
}

/// One thread: a sample in which anything was wrong is one wrong sample; starts the next one.
__global__ void collective_close_sample(unsigned long long* total, unsigned long long* wrong_samples) {
  if (*total > 0) ++*wrong_samples;
  *total = 0;
}

}  // namespace muster::cuda
