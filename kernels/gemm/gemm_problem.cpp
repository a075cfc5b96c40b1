#include "kernels/gemm/gemm_problem.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kernels/contract/error.hpp"

namespace muster {

namespace {

double gibibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

std::int64_t largest_square(GemmProblem const& problem, std::uint64_t free_bytes) {
  auto const per_element = static_cast<double>(element_bytes(problem.type) + element_bytes(problem.b_type()) +
                                               element_bytes(problem.output));
  auto const each = static_cast<double>(free_bytes) / static_cast<double>(problem.batch);
  auto const side = static_cast<std::int64_t>(std::sqrt(each / per_element));
  return side >= 256 ? side / 256 * 256 : side;
}

}  // namespace

GemmType usual_output(GemmType type) {
  if (type == GemmType::int8) return GemmType::int32;
  return is_fp8(type) ? GemmType::bf16 : type;
}

Work GemmProblem::work() const {
  return {.bytes = total_bytes(), .flops = 2 * d_count() * static_cast<std::uint64_t>(k)};
}

GemmProblem gemm_problem(Params const& params, std::uint64_t seed) {
  GemmType const type = gemm_type(params.text("type"));
  GemmProblem problem{.type = type,
                      .output = usual_output(type),
                      .m = params.integer("m"),
                      .n = params.integer("n"),
                      .k = params.integer("k"),
                      .seed = seed};
  if (params.has("layout")) problem.layout = gemm_layout(params.text("layout"));
  if (params.has("batch")) problem.batch = params.integer("batch");
  if (params.has("dist")) problem.dist = gemm_dist(params.text("dist"));
  return problem;
}

std::string describe(GemmProblem const& problem) {
  auto text = fmt::format("{} of {} x {} x {}", name(problem.type), problem.m, problem.n, problem.k);
  if (problem.layout != GemmLayout::nn) text += fmt::format(", layout {}", name(problem.layout));
  if (problem.batch != 1) text += fmt::format(", batch {}", problem.batch);
  return text;
}

void require_memory(GemmProblem const& problem, std::uint64_t free_bytes, std::uint64_t extra_bytes) {
  std::uint64_t const needed = problem.total_bytes() + extra_bytes;
  if (needed <= free_bytes) return;
  std::uint64_t const usable = free_bytes > extra_bytes ? free_bytes - extra_bytes : 0;
  throw OutOfMemory(fmt::format("GEMM {} needs {:.2f} GiB (only {:.2f} GiB are free) use m = n = k <= {}",
                                describe(problem), gibibytes(needed), gibibytes(free_bytes),
                                largest_square(problem, usable)));
}

}  // namespace muster
