#include <fmt/format.h>

#include <limits>
#include <utility>

#include "kernels/cuda/error.hpp"
#include "kernels/gemm/gemm_check_cuda.hpp"

namespace muster::cuda {
namespace {

GemmCheckKernels kernels_of(Device& device) {
  return {device.info().units, static_cast<cudaStream_t>(device.queue())};
}

/// Which elements of `d` are not what rounding makes of `fine`'s.
GemmFinding compare_fine(GemmProblem const& problem, void const* d, float const* fine,
                         DeviceBuffer const& sums, GemmCheckKernels const& kernels) {
  GemmLimits const limits(problem);
  GemmCloseness const closeness{1.5 * limits.out, 2 * limits.sums * limits.per_norm, limits.floor};
  GemmDistant distant{0, ~0ULL};
  DeviceBuffer found(sizeof distant, "the comparison of two results");
  copy_to_device(found.as(), &distant, sizeof distant, kernels.stream);
  kernels.compare_fine(problem, d, fine, sums.as<GemmRowSums const>(), closeness, found.as<GemmDistant>());
  copy_to_host(&distant, found.as(), sizeof distant, kernels.stream);
  if (distant.count == 0) return {};
  float expected = 0;
  copy_to_host(&expected, fine + distant.first, sizeof expected, kernels.stream);
  auto const n = static_cast<std::uint64_t>(problem.n);
  return {std::numeric_limits<double>::max(),
          fmt::format(
              "{} elements are not what rounding makes of the product in fp32, the first in row {}, column "
              "{}: expected {:.9g}",
              distant.count, distant.first / n, distant.first % n, expected)};
}

}  // namespace

std::uint64_t gemm_check_bytes(GemmProblem const& problem) {
  auto const inner = static_cast<std::uint64_t>(problem.batch) * static_cast<std::uint64_t>(problem.k);
  return inner * sizeof(double) + problem.d_rows() * sizeof(GemmRowSums) + (64 << 10);
}

GemmFinding check_sampled_rows(GemmProblem const& problem, void const* d, Device& device) {
  auto const rows = gemm_sampled_rows(problem);
  auto const row_bytes = static_cast<std::uint64_t>(problem.n) * element_bytes(problem.output);
  std::vector<std::byte> copies(rows.size() * row_bytes);
  std::vector<void const*> got;
  for (auto const row : rows) {
    got.push_back(copies.data() + got.size() * row_bytes);
    copy_to_host(copies.data() + (got.size() - 1) * row_bytes, static_cast<char const*>(d) + row * row_bytes,
                 row_bytes, kernels_of(device).stream);
  }
  return muster::check_sampled_rows(problem, rows, got, device.team());
}

GemmFinding check_all_rows(GemmProblem const& problem, void const* d, float const* fine, Device& device) {
  auto const kernels = kernels_of(device);
  GemmProblem judged = problem;
  if (fine) judged.output = GemmType::fp32;
  auto const inner = static_cast<std::uint64_t>(problem.batch) * static_cast<std::uint64_t>(problem.k);
  DeviceBuffer b_times_signs(inner * sizeof(double), "checking"),
      sums(problem.d_rows() * sizeof(GemmRowSums), "checking");
  kernels.b_times_signs(problem, b_times_signs.as<double>());
  kernels.row_sums(judged, fine ? fine : d, b_times_signs.as<double const>(), sums.as<GemmRowSums>());
  std::vector<GemmRowSums> all(problem.d_rows());
  copy_to_host(all.data(), sums.as(), sums.bytes(), kernels.stream);
  GemmFinding worst = judge_row_sums(judged, all);
  if (fine) worst.merge(compare_fine(problem, d, fine, sums, kernels));
  return worst;
}

GemmResultBits::GemmResultBits(void* data, std::uint64_t bytes, std::uint64_t stride, unsigned sets,
                               int units, cudaStream_t stream)
    : data_(static_cast<char*>(data)),
      bytes_(bytes),
      stride_(stride),
      sets_(sets),
      kernels_{units, stream},
      slots_(sets * checksum_slots * sizeof(unsigned long long), "checksums"),
      sums_(sets * sizeof(unsigned long long), "checksums"),
      samples_(sizeof(GemmSamples), "checksums") {
  check(cudaMemsetAsync(slots_.as(), 0, slots_.bytes(), kernels_.stream), "cudaMemsetAsync");
  start_anew(0);
  spoil();
  count(0);
  blank_ = seen().sums.front();
  start_anew(0);
}

void GemmResultBits::spoil() {
  check(cudaMemsetAsync(data_, 0xFF, (sets_ - 1) * stride_ + bytes_, kernels_.stream), "cudaMemsetAsync");
}

void GemmResultBits::count(std::uint64_t written) {
  auto* const slots = slots_.as<unsigned long long>();
  kernels_.checksum({data_, bytes_, stride_}, sets_, slots);
  kernels_.count(slots, sums_.as<unsigned long long>(), sets_, blank_, written, samples_.as<GemmSamples>(),
                 number_++);
}

GemmResultBits::Seen GemmResultBits::seen() {
  Seen seen{.samples = {}, .sums = std::vector<std::uint64_t>(sets_), .blank = blank_};
  copy_to_host(&seen.samples, samples_.as(), sizeof seen.samples, kernels_.stream);
  copy_to_host(seen.sums.data(), sums_.as(), sums_.bytes(), kernels_.stream);
  return seen;
}

void GemmResultBits::start_anew(std::uint64_t reference) {
  GemmSamples const fresh{.reference = reference};
  copy_to_device(samples_.as(), &fresh, sizeof fresh, kernels_.stream);
  number_ = 0;
}

}  // namespace muster::cuda
