#include <string>

#include "kernels/contract/workload.hpp"
#include "kernels/gemm/gemm_params.hpp"

namespace muster {

namespace {

/// Those that cublasGemmGroupedBatchedEx has.
bool is_grouped(GemmType type) {
  return type == GemmType::fp64 || type == GemmType::fp32 || type == GemmType::fp16 || type == GemmType::bf16;
}

std::vector<std::string> faults_of(Params const& params) {
  std::vector<std::string> faults;
  auto const m = params.integer("m"), groups = params.integer("groups");
  if (m % 8 != 0)
    faults.push_back(
        "m = " + std::to_string(m) +
        " is no multiple of 8 (groups get rows by eights) use m = " + std::to_string((m + 7) / 8 * 8));
  if (m < 8 * groups)
    faults.push_back("m = " + std::to_string(m) + " is too small for " + std::to_string(groups) +
                     " groups (each has 8 rows at least) use m >= " + std::to_string(8 * groups));
  return faults;
}

constexpr char const* docs =
    R"(FLOP/s = 2 m n k / seconds, m rows in all: one launch multiplies the rows of each group (the tokens
of each expert) by that group's own k x n matrix (stored n x k, as weights are). Rows are spread
unevenly, each group has 0.25 to 1.75 of the even share before scaling, in multiples of 8; the same
split for the same m and groups on every machine. On a GPU by cublasGemmGroupedBatchedEx (cuBLAS
12.5 and later); operand sets take turns as in gemm. On the host one product after the other by the
faster library.
Checked as gemm is, group by group: bits of every sample, sampled rows against fp64, Freivalds' check of all rows.
Source: cuBLAS documentation, cublasGemmGroupedBatchedEx.)";

Workload declare() {
  Workload workload;
  workload.name = "gemm/grouped";
  workload.summary = "Products of different heights in one launch, as a mixture of experts has them";
  workload.docs = docs;
  workload.params = {
      gemm_type_param(gemm_words(gemm_operand_types, &is_grouped),
                      "Type of the operands and of D; fp16 and bf16 are summed in fp32"),
      gemm_size_param("groups", 8, {1, 1024}, "Products in one launch (experts)"),
      gemm_size_param("m", 4096, {8, 1 << 22}, "Rows of all groups together (tokens): a multiple of 8"),
      gemm_size_param("n", 2048, {1, 1 << 20}, "Columns of each product"),
      gemm_size_param("k", 2048, {1, 1 << 20}, "Length of each sum"),
      regime_param()};
  workload.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
  workload.scope = Scope::each_rank;
  workload.check = faults_of;
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
