#include "kernels/contract/multiple.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

constexpr char const* docs =
    R"(One step of AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, algorithm
2) over `count` parameters, as mixed-precision training does it, fused into one kernel: weights and both
moments in fp32, gradient in bfloat16, and a bfloat16 copy of the new weights.
bandwidth = 28 bytes a parameter / seconds: 12 read and 12 written for weight and moments, 2 read for the
gradient, 2 written for the copy; nothing of it is used twice, so this is the least that must move. 15
operations a parameter. Every launch is a further step. Checked before the first sample and after the last:
all four arrays, every element bit for bit against a replay of all steps so far (the data repeat every
16381 elements, so the replay is short), and the last step against the formula in double precision within
the roundings of fp32.
The bound is the memory's bandwidth, given where the arrays are at least 4 times the last cache.)";

Workload declare() {
  Workload workload;
  workload.name = "training/adamw";
  workload.summary = "Fused AdamW step, limited by memory: 28 bytes a parameter";
  workload.docs = docs;
  workload.params = {{.name = "count",
                      .kind = ParamSpec::Kind::integer,
                      .fallback = std::int64_t{1} << 26,
                      .help = "Parameters; 16 bytes of memory each",
                      .low = 8,
                      .high = 1LL << 40},
                     regime_param()};
  workload.metric = {"bandwidth", "B/s", Quantity::bytes, Better::higher};
  workload.scope = Scope::each_rank;
  workload.check = must_be_multiple("count", 8, "the kernels move 16 bytes at a time");
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
