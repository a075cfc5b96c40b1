#include "kernels/gemm/gemm_problem.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "kernels/contract/error.hpp"

namespace muster {

namespace {

struct TypeRow {
  GemmType type;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<TypeRow, 5> types{{{GemmType::fp64, "fp64", 8},
                                        {GemmType::fp32, "fp32", 4},
                                        {GemmType::tf32, "tf32", 4},
                                        {GemmType::fp16, "fp16", 2},
                                        {GemmType::bf16, "bf16", 2}}};

TypeRow const& row(GemmType type) {
  for (auto const& entry : types) {
    if (entry.type == type) return entry;
  }
  throw std::invalid_argument("not a GEMM type");
}

double gibibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

std::int64_t largest_square(GemmProblem const& problem, std::uint64_t free_bytes) {
  auto const per_element =
      static_cast<double>(2 * element_bytes(problem.type) + element_bytes(problem.output));
  auto const side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(free_bytes) / per_element));
  return side >= 256 ? side / 256 * 256 : side;
}

}  // namespace

GemmType gemm_type(std::string_view name) {
  for (auto const& entry : types) {
    if (entry.name == name) return entry.type;
  }
  throw std::invalid_argument("'" + std::string(name) + "' is not a GEMM type");
}

std::string_view name(GemmType type) { return row(type).name; }
std::size_t element_bytes(GemmType type) { return row(type).bytes; }

Work GemmProblem::work() const {
  auto const outputs = static_cast<std::uint64_t>(m) * static_cast<std::uint64_t>(n);
  return {.bytes = total_bytes(), .flops = 2 * outputs * static_cast<std::uint64_t>(k)};
}

GemmProblem gemm_problem(Params const& params, std::uint64_t seed) {
  GemmType const type = gemm_type(params.text("type"));
  return {type, type, params.integer("m"), params.integer("n"), params.integer("k"), seed};
}

void require_memory(GemmProblem const& problem, std::uint64_t free_bytes, std::uint64_t extra_bytes) {
  std::uint64_t const needed = problem.total_bytes() + extra_bytes;
  if (needed <= free_bytes) return;
  std::uint64_t const usable = free_bytes > extra_bytes ? free_bytes - extra_bytes : 0;
  throw OutOfMemory(
      fmt::format("GEMM {} of {} x {} x {} needs {:.2f} GiB (only {:.2f} GiB are free) use m = n = k <= {}",
                  name(problem.type), problem.m, problem.n, problem.k, gibibytes(needed),
                  gibibytes(free_bytes), largest_square(problem, usable)));
}

}  // namespace muster
