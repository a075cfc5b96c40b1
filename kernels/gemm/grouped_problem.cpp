#include "kernels/gemm/grouped_problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "kernels/contract/error.hpp"
#include "kernels/contract/random.hpp"

namespace muster {

namespace {

constexpr std::int64_t granule = 8;
constexpr std::uint64_t split_stream = 0x73706C6974;  // "split"

std::uint64_t sum(GroupedProblem const& problem, std::uint64_t (GemmProblem::*bytes)() const) {
  std::uint64_t total = 0;
  for (std::size_t g = 0; g < problem.groups(); ++g) total += (problem.group(g).*bytes)();
  return total;
}

/// A multiple of 8, as kernels like it; 0: A alone is too large.
std::uint64_t largest_n(GroupedProblem const& problem, std::uint64_t free_bytes, std::uint64_t extra_bytes) {
  auto const whatever_n = problem.a_bytes() + extra_bytes;
  if (free_bytes < whatever_n) return 0;
  auto const each = (problem.b_bytes() + problem.d_bytes()) / static_cast<std::uint64_t>(problem.n);
  return (free_bytes - whatever_n) / each / 8 * 8;
}

}  // namespace

std::vector<std::int64_t> uneven_split(std::int64_t total, std::int64_t groups) {
  auto const key = stream_key(split_stream, static_cast<std::uint64_t>(groups));
  auto const count = static_cast<std::size_t>(groups);
  std::vector<double> shares(count);
  for (std::size_t g = 0; g < count; ++g)
    shares[g] = 0.25 + 1.5 * static_cast<double>(random_word(key, g) >> 11) * 0x1p-53;
  double const all = std::accumulate(shares.begin(), shares.end(), 0.0);
  // Units of 8 rows: one each, the rest by share; rounding's remainder goes to the first ones.
  std::int64_t const spare = total / granule - groups;
  std::vector<std::int64_t> rows(count);
  for (std::size_t g = 0; g < count; ++g)
    rows[g] = 1 + static_cast<std::int64_t>(static_cast<double>(spare) * shares[g] / all);
  std::int64_t left = total / granule - std::accumulate(rows.begin(), rows.end(), std::int64_t{0});
  for (std::size_t g = 0; left > 0; g = (g + 1) % count, --left) ++rows[g];
  for (auto& each : rows) each *= granule;
  return rows;
}

GemmProblem GroupedProblem::group(std::size_t index) const {
  return {.type = type,
          .output = usual_output(type),
          .m = rows.at(index),
          .n = n,
          .k = k,
          .seed = stream_key(seed, index),
          .layout = GemmLayout::nt};
}

std::uint64_t GroupedProblem::a_bytes() const { return sum(*this, &GemmProblem::a_bytes); }
std::uint64_t GroupedProblem::b_bytes() const { return sum(*this, &GemmProblem::b_bytes); }
std::uint64_t GroupedProblem::d_bytes() const { return sum(*this, &GemmProblem::d_bytes); }

Work GroupedProblem::work() const {
  Work work;
  for (std::size_t g = 0; g < groups(); ++g) {
    auto const one = group(g).work();
    work.bytes += one.bytes;
    work.flops += one.flops;
  }
  return work;
}

GroupedProblem grouped_problem(Params const& params, std::uint64_t seed) {
  return {.type = gemm_type(params.text("type")),
          .rows = uneven_split(params.integer("m"), params.integer("groups")),
          .n = params.integer("n"),
          .k = params.integer("k"),
          .seed = seed};
}

void require_memory(GroupedProblem const& problem, std::uint64_t free_bytes, std::uint64_t extra_bytes) {
  auto const needed = problem.total_bytes() + extra_bytes;
  if (needed <= free_bytes) return;
  auto const gibibytes = [](std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 30); };
  auto const fitting = largest_n(problem, free_bytes, extra_bytes);
  auto const remedy = fitting > 0 ? fmt::format("use n <= {}", fitting) : "use a smaller m or k";
  throw OutOfMemory(fmt::format(
      "{} groups of {} products {} x {} need {:.2f} GiB (only {:.2f} GiB are free) {}", problem.groups(),
      name(problem.type), problem.n, problem.k, gibibytes(needed), gibibytes(free_bytes), remedy));
}

}  // namespace muster
