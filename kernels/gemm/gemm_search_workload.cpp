#include <string>

#include "kernels/contract/workload.hpp"
#include "kernels/gemm/gemm_params.hpp"

namespace muster {

namespace {

ParamSpec side(std::string name, std::int64_t usual, std::string help) {
  return gemm_size_param(std::move(name), usual, {1, 1 << 17}, std::move(help));
}

// As of gemm itself: the 8-bit types come in one layout, and sizes that the tensor cores load whole.
std::vector<std::string> faults_of(Params const& params) {
  std::vector<std::string> faults;
  auto const low = params.integer("low"), high = params.integer("high"), step = params.integer("step");
  if (low > high) faults.push_back("low is above high (no shape is left) use low <= " + std::to_string(high));
  auto const& type = params.text("type");
  auto const granule = gemm_granule(type);
  if (low % granule != 0 || step % granule != 0) {
    faults.push_back(type + " needs low and step to be multiples of " + std::to_string(granule) +
                     " (cuBLASLt loads its operands in such units) use such");
  }
  require_gemm_layout(faults, params);
  return faults;
}

constexpr char const* docs =
    R"(Finds the shape m x n x k, each side from low to high by step, at which the device multiplies
fastest, and then measures and verifies that shape as gemm does; FLOP/s = 2 m n k / seconds.
The search runs in set-up, from coarse to fine: a logarithmic grid; lines through its best points; crossings of the
best sides; the best eight timed again. On a GPU each shape runs cuBLASLt's first heuristic answer back to back for
about 1 ms, on operands that take turns and from a recording where it is short (the shape found is then tuned, see
gemm), on the host the faster library for about 10 ms.
It ends with its plan or the budget; a case needs a deadline well above the budget. On synthetic surfaces it came
within 1 % of an exhaustive search in 99 % of ranges of 32 sides, the worst 5 % below, with 5 % of the shapes.
Source of the idea: mamf-finder (S. Bekman, Machine Learning Engineering), which tries all shapes.)";

Workload declare() {
  using Naming = ParamSpec::Naming;
  Workload workload;
  workload.name = "gemm/search";
  workload.summary = "The fastest matrix product in a range of shapes, searched from coarse to fine";
  workload.docs = docs;
  workload.params = {gemm_type_param(gemm_words(gemm_operand_types), "Type of the operands, as for gemm"),
                     side("low", 256, "Smallest m, n and k"),
                     side("high", 8192, "Largest m, n and k; operands of high x high have to fit in memory"),
                     side("step", 256, "From one m, n or k to the next"),
                     gemm_layout_param("A and B in memory, as for gemm"),
                     {.name = "budget",
                      .kind = ParamSpec::Kind::real,
                      .unit = "s",
                      .fallback = 20.0,
                      .help = "Time for the search; the case's deadline has to be longer by half a minute",
                      .low = 0.1,
                      .high = 600,
                      .naming = Naming::unless_default},
                     regime_param()};
  workload.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
  workload.scope = Scope::each_rank;
  workload.check = faults_of;
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
