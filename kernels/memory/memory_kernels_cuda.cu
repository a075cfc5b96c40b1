#include <numeric>
#include <vector>

#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/memory/memory_kernels.cuh"
#include "kernels/memory/memory_kernels_cuda.hpp"

namespace muster::cuda {
namespace {

/// One tile a block, so that blocks are handed out in the order of memory, to whichever multiprocessor is
/// free: what is under way at any moment lies together, and no multiprocessor waits for another at the end.
/// Arrays of more tiles than a grid may have blocks go round again.
unsigned tile_count(MemoryProblem const& problem) {
  std::uint64_t const packs_a_tile =
      static_cast<std::uint64_t>(reads_c(problem.op) ? loads_under_way / 2 : loads_under_way) * block_size;
  std::uint64_t const tiles = (problem.bytes / 16 + packs_a_tile - 1) / packs_a_tile;
  return static_cast<unsigned>(std::clamp<std::uint64_t>(tiles, 1, (std::uint64_t{1} << 31) - 1));
}

}  // namespace

MemoryKernels::MemoryKernels(MemoryProblem const& problem, MemoryLaunch const& launch)
    : problem_(problem),
      launch_(launch),
      tiles_(tile_count(problem)),
      blocks_(grid_size(problem.bytes / 16, launch.units, block_size)) {
  if (problem.op != MemoryOp::read) return;
  // Sums want few blocks: as many as are at work at the same time, each going on until nothing is left.
  tiles_ = std::min(tiles_, blocks_);
  sums_ = DeviceBuffer(tiles_ * sizeof(std::uint64_t), "the sums of the blocks");
  forget_sum();
}

void MemoryKernels::forget_sum() const {
  check(cudaMemsetAsync(sums_.as(), 0xFF, sums_.bytes(), launch_.stream), "cudaMemsetAsync");
}

void MemoryKernels::fill(void* out, MemoryArray array) const {
  auto const key = memory_key(problem_.seed, array);
  if (problem_.type == MemoryType::fp64) {
    memory_fill_fp64<<<blocks_, block_size, 0, launch_.stream>>>(static_cast<double*>(out), problem_.count(),
                                                                 key);
  } else {
    memory_fill_fp32<<<blocks_, block_size, 0, launch_.stream>>>(static_cast<float*>(out), problem_.count(),
                                                                 key);
  }
  check(cudaGetLastError(), "memory_fill");
}

template <class T>
void MemoryKernels::run_as(T* a, T const* b, T const* c) const {
  constexpr bool fp64 = sizeof(T) == 8;
  auto const count = problem_.count();
  bool const past = launch_.past_cache;
  auto const one = [&](auto kernel) { kernel<<<tiles_, block_size, 0, launch_.stream>>>(a, b, count, past); };
  auto const two = [&](auto kernel) {
    kernel<<<tiles_, block_size, 0, launch_.stream>>>(a, b, c, count, past);
  };
  switch (problem_.op) {
    case MemoryOp::copy:
      if constexpr (fp64)
        return one(memory_copy_fp64);
      else
        return one(memory_copy_fp32);
    case MemoryOp::scale:
      if constexpr (fp64)
        return one(memory_scale_fp64);
      else
        return one(memory_scale_fp32);
    case MemoryOp::add:
      if constexpr (fp64)
        return two(memory_add_fp64);
      else
        return two(memory_add_fp32);
    case MemoryOp::triad:
      if constexpr (fp64)
        return two(memory_triad_fp64);
      else
        return two(memory_triad_fp32);
    case MemoryOp::read:
      return memory_read<<<tiles_, block_size, 0, launch_.stream>>>(reinterpret_cast<std::uint64_t const*>(b),
                                                                    problem_.bytes / 8, past,
                                                                    sums_.as<unsigned long long>());
    case MemoryOp::write:
      return memory_write<<<tiles_, block_size, 0, launch_.stream>>>(
          reinterpret_cast<std::uint64_t*>(a), problem_.bytes / 8,
          write_pattern(problem_.type, memory_keys(problem_.seed).pattern), past);
  }
}

void MemoryKernels::run(void* a, void const* b, void const* c) const {
  if (problem_.type == MemoryType::fp64) {
    run_as(static_cast<double*>(a), static_cast<double const*>(b), static_cast<double const*>(c));
  } else {
    run_as(static_cast<float*>(a), static_cast<float const*>(b), static_cast<float const*>(c));
  }
  constexpr char const* names[] = {"memory_read",  "memory_write", "memory_copy",
                                   "memory_scale", "memory_add",   "memory_triad"};
  check(cudaGetLastError(), names[static_cast<int>(problem_.op)]);
}

void MemoryKernels::enqueue_compare(void const* array, void* counters) const {
  auto const keys = memory_keys(problem_.seed);
  auto* const found = static_cast<MismatchCounters*>(counters);
  if (problem_.type == MemoryType::fp64) {
    memory_compare_fp64<<<blocks_, block_size, 0, launch_.stream>>>(
        static_cast<double const*>(array), problem_.count(), problem_.op, keys, found);
  } else {
    memory_compare_fp32<<<blocks_, block_size, 0, launch_.stream>>>(
        static_cast<float const*>(array), problem_.count(), problem_.op, keys, found);
  }
  check(cudaGetLastError(), "memory_compare");
}

MemoryMismatch MemoryKernels::compare(void const* array) const {
  auto const stream = launch_.stream;
  MismatchCounters found{0, ~0ULL};
  DeviceBuffer counters(sizeof found, "the comparison");
  copy_to_device(counters.as(), &found, sizeof found, stream);
  enqueue_compare(array, counters.as());
  copy_to_host(&found, counters.as(), sizeof found, stream);
  MemoryMismatch mismatch{found.wrong, 0, 0};
  if (found.wrong == 0) return mismatch;
  mismatch.first = found.first;
  if (problem_.type == MemoryType::fp64) {
    copy_to_host(&mismatch.got, static_cast<double const*>(array) + found.first, sizeof(double), stream);
  } else {
    float got = 0;
    copy_to_host(&got, static_cast<float const*>(array) + found.first, sizeof got, stream);
    mismatch.got = static_cast<double>(got);
  }
  return mismatch;
}

std::uint64_t MemoryKernels::take_sum() const {
  std::vector<std::uint64_t> sums(tiles_);
  copy_to_host(sums.data(), sums_.as(), sums_.bytes(), launch_.stream);
  forget_sum();
  return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
}

}  // namespace muster::cuda
