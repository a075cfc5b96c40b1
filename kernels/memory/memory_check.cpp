#include "kernels/memory/memory_check.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <mutex>

#include "kernels/contract/error.hpp"
#include "kernels/contract/share.hpp"

namespace muster {

namespace {

template <class T>
bool same_bits(T x, T y) {
  return std::memcmp(&x, &y, sizeof x) == 0;
}

template <class T>
MemoryMismatch compare(MemoryProblem const& problem, T const* a, Share part) {
  std::uint64_t const key_b = memory_key(problem.seed, MemoryArray::b);
  std::uint64_t const key_c = memory_key(problem.seed, MemoryArray::c);
  MemoryMismatch found;
  for (std::uint64_t i = part.begin; i < part.end; ++i) {
    if (same_bits(a[i], memory_expected<T>(problem.op, key_b, key_c, i))) continue;
    if (found.wrong++ == 0) {
      found.first = i;
      found.got = static_cast<double>(a[i]);
    }
  }
  return found;
}

void merge(MemoryMismatch& all, MemoryMismatch const& part) {
  if (part.wrong == 0) return;
  bool const earlier = all.wrong == 0 || part.first < all.first;
  std::uint64_t const wrong = all.wrong + part.wrong;
  if (earlier) all = part;
  all.wrong = wrong;
}

double expected_at(MemoryProblem const& problem, std::uint64_t index) {
  std::uint64_t const key_b = memory_key(problem.seed, MemoryArray::b);
  std::uint64_t const key_c = memory_key(problem.seed, MemoryArray::c);
  if (problem.type == MemoryType::fp64) return memory_expected<double>(problem.op, key_b, key_c, index);
  return static_cast<double>(memory_expected<float>(problem.op, key_b, key_c, index));
}

}  // namespace

Work MemoryProblem::work() const {
  return {.bytes = arrays() * bytes, .flops = op == MemoryOp::triad ? 2 * count() : 0};
}

MemoryProblem memory_problem(Params const& params, std::uint64_t seed) {
  return {params.text("op") == "copy" ? MemoryOp::copy : MemoryOp::triad,
          params.text("type") == "fp32" ? MemoryType::fp32 : MemoryType::fp64,
          static_cast<std::uint64_t>(params.integer("bytes")), seed};
}

void require_memory(MemoryProblem const& problem, std::uint64_t free_bytes) {
  std::uint64_t const needed = problem.arrays() * problem.bytes;
  if (needed <= free_bytes) return;
  throw OutOfMemory(
      fmt::format("{} arrays of {} bytes need {:.2f} GiB (only {:.2f} GiB are free) use bytes <= {}",
                  problem.arrays(), problem.bytes, static_cast<double>(needed) / (1 << 30),
                  static_cast<double>(free_bytes) / (1 << 30), free_bytes / problem.arrays() / 16 * 16));
}

Verdict memory_verdict(MemoryProblem const& problem, MemoryMismatch const& found) {
  std::string detail;
  if (found.wrong > 0) {
    detail =
        fmt::format("{} of {} elements are wrong, the first is {}: got {:.17g}, expected {:.17g}",
                    found.wrong, problem.count(), found.first, found.got, expected_at(problem, found.first));
  }
  return Verdict::judge("every element, bit for bit", static_cast<double>(found.wrong), 0, detail);
}

Verdict check_memory(MemoryProblem const& problem, void const* a, Team& team) {
  MemoryMismatch all;
  std::mutex merging;
  team.run([&](int index) {
    Share const part = share_of(problem.count(), index, team.size());
    auto const found = problem.type == MemoryType::fp64
                           ? compare(problem, static_cast<double const*>(a), part)
                           : compare(problem, static_cast<float const*>(a), part);
    std::lock_guard const lock(merging);
    merge(all, found);
  });
  return memory_verdict(problem, all);
}

}  // namespace muster
