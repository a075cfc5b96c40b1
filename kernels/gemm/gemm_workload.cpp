#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

ParamSpec side(std::string name, std::string help) {
  return {.name = std::move(name),
          .kind = ParamSpec::Kind::integer,
          .unit = "",
          .fallback = std::int64_t{2048},
          .help = std::move(help),
          .low = 1,
          .high = 1 << 20};
}

Workload declare() {
  Workload workload;
  workload.name = "gemm";
  workload.summary = "Dense matrix product D = A B of normal random numbers";
  workload.params = {{.name = "type",
                      .kind = ParamSpec::Kind::choice,
                      .unit = "",
                      .fallback = "fp32",
                      .help = "Type of the operands and of D; fp16, bf16 and tf32 are summed in fp32",
                      .choices = {"fp64", "fp32", "tf32", "fp16", "bf16"}},
                     side("m", "Rows of A and D"),
                     side("n", "Columns of B and D"),
                     side("k", "Columns of A, rows of B: length of each sum")};
  workload.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
  workload.scope = Scope::each_rank;
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
