#include <algorithm>

#include "kernels/collective/collective_kernels.cuh"
#include "kernels/collective/collective_kernels_cuda.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"

namespace muster::cuda {

void fill_source(CollectiveProblem const& problem, void* source, int units, cudaStream_t stream) {
  auto const count = problem.send_elements();
  if (count == 0) return;
  collective_fill<<<grid_size(count, units, block_size), block_size, 0, stream>>>(
      problem.data(), reduces(problem.operation), problem.rank, source, count);
  check(cudaGetLastError(), "collective_fill");
}

ResultCheck::ResultCheck(CollectiveProblem const& problem, int units, cudaStream_t stream)
    : problem_(problem), segments_(segments_of(problem)), units_(units), stream_(stream) {
  if (segments_.empty()) return;
  list_ = DeviceBuffer(segments_.size() * sizeof(Segment), "the check's list");
  counts_ = DeviceBuffer(segments_.size() * sizeof(SegmentCount), "the check's counts");
  totals_ = DeviceBuffer(2 * sizeof(unsigned long long), "the check's counts");
  copy_to_device(list_.as(), segments_.data(), list_.bytes(), stream_);
  check(cudaMemsetAsync(totals_.as(), 0, totals_.bytes(), stream_), "cudaMemsetAsync");
}

void ResultCheck::enqueue(void const* result) const {
  auto const longest = std::ranges::max(segments_, {}, &Segment::count).count;
  collective_check<<<grid_size(longest, units_, block_size), block_size, 0, stream_>>>(
      problem_.data(), result, list_.as<Segment const>(), static_cast<int>(segments_.size()),
      counts_.as<SegmentCount>(), totals_.as<unsigned long long>());
  check(cudaGetLastError(), "collective_check");
}

void ResultCheck::count_sample(void const* result) {
  if (segments_.empty()) return;
  enqueue(result);
  auto* const totals = totals_.as<unsigned long long>();
  collective_close_sample<<<1, 1, 0, stream_>>>(totals, totals + 1);
  check(cudaGetLastError(), "collective_close_sample");
}

std::uint64_t ResultCheck::wrong_samples() const {
  if (segments_.empty()) return 0;
  unsigned long long totals[2];
  copy_to_host(totals, totals_.as(), sizeof totals, stream_);
  return totals[1];
}

std::vector<SegmentFault> ResultCheck::faults(void const* result) const {
  std::vector<SegmentFault> faults(segments_.size());
  if (segments_.empty()) return faults;
  std::vector<SegmentCount> counts(segments_.size(), SegmentCount{0, ~0ULL, 0});
  copy_to_device(counts_.as(), counts.data(), counts_.bytes(), stream_);
  enqueue(result);
  check(cudaMemsetAsync(totals_.as(), 0, sizeof(unsigned long long), stream_), "cudaMemsetAsync");
  copy_to_host(counts.data(), counts_.as(), counts_.bytes(), stream_);
  auto const element = element_bytes(problem_.type);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i].seen != segments_[i].count)
      throw DeviceError(
          "the check of a collective's result did not look at all of it (its kernel did not run) report "
          "this");
    faults[i] = {counts[i].wrong, counts[i].first, 0};
    if (counts[i].wrong == 0) continue;
    std::byte stored[8];
    copy_to_host(stored, static_cast<std::byte const*>(result) + counts[i].first * element, element, stream_);
    faults[i].got = load_bits(problem_.type, stored, 0);
  }
  return faults;
}

}  // namespace muster::cuda
