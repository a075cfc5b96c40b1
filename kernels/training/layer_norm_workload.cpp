#include "kernels/contract/multiple.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

constexpr char const* docs =
    R"(Layer normalisation (Ba, Kiros, Hinton, 2016) fused with the residual sum, over `rows` tokens of
`columns` features: h = x + residual, y = (h - mean) / sqrt(variance + 1e-5) gamma + beta. x, residual, h,
y in bfloat16; statistics in fp32, two passes over the row held in registers; gamma and beta in fp32.
bandwidth = 8 bytes an element (x and residual read, h and y written) plus 8 a column (gamma, beta once)
/ seconds: the least that must move.
Checked before the first sample and after the last: every element of h bit for bit, every one of y against
a reference in double precision within one rounding to bfloat16 (2^-8) and fp32's own. (Rows repeat every
61, so the reference is short.) The bound is the memory's bandwidth, given where the arrays are at least 4
times the last cache.)";

Workload declare() {
  Workload workload;
  workload.name = "training/layer_norm";
  workload.summary =
      "Fused residual sum and layer normalisation in bfloat16, limited by memory: 8 bytes an element";
  workload.docs = docs;
  workload.params = {{.name = "rows",
                      .kind = ParamSpec::Kind::integer,
                      .fallback = std::int64_t{16384},
                      .help = "Tokens",
                      .low = 1,
                      .high = 2147483647},
                     {.name = "columns",
                      .kind = ParamSpec::Kind::integer,
                      .fallback = std::int64_t{4096},
                      .help = "Features of a token",
                      .low = 8,
                      .high = 16384},
                     regime_param()};
  workload.metric = {"bandwidth", "B/s", Quantity::bytes, Better::higher};
  workload.scope = Scope::each_rank;
  workload.check = must_be_multiple("columns", 8, "the kernels move 16 bytes at a time");
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
