#include "kernels/contract/workload.hpp"
#include "kernels/gemm/gemm_params.hpp"

namespace muster {

namespace {

ParamSpec side(std::string name, std::string help) {
  return gemm_size_param(std::move(name), 2048, {1, 1 << 23}, std::move(help));
}

void require_multiple(std::vector<std::string>& faults, Params const& params, std::string const& size,
                      std::int64_t of) {
  auto const value = params.integer(size);
  if (value % of == 0) return;
  auto const fitting = value / of * of;
  faults.push_back(params.text("type") + " needs " + size + " to be a multiple of " + std::to_string(of) +
                   " (it is " + std::to_string(value) + ") use " + size + " = " +
                   (fitting > 0 ? std::to_string(fitting) + " or " : "") + std::to_string(fitting + of));
}

std::vector<std::string> faults_of(Params const& params) {
  std::vector<std::string> faults;
  auto const& type = params.text("type");
  require_gemm_layout(faults, params);
  for (auto const* size : {"m", "n", "k"}) require_multiple(faults, params, size, gemm_granule(type));
  if (type == "fp16" && params.text("dist") == "constant" && params.integer("k") > 65504) {
    faults.emplace_back(
        "fp16 cannot hold the sums of constant operands for k above 65504 (the sums are k) use a smaller k "
        "or bf16");
  }
  return faults;
}

constexpr char const* docs =
    R"(FLOP/s = 2 m n k batch / seconds: a multiplication and an addition for each term of each sum (int8:
integer operations). Bytes are those of A, B and D, each once. Sums are in fp64 for fp64, int32 for
int8 (D is int32), fp32 for the rest; D has the operands' type, bf16 for fp8 (e5m2 is A's type, B is
always e4m3: the way gradients are multiplied).
Layout: A first, B second, as rows of memory; n as the product reads it (A m x k, B k x n), t transposed. nt is a
linear layer's forward pass (weights n x k), nn its data gradient, tn its weight gradient.
Data: normal random numbers from the seed, made by counters, the same bits on every device; int8 uniform over
-127..127; fp8 stretched to e4m3's range. Other data (dist) toggle fewer bits and run faster under a power limit: such
figures carry a note.
On a GPU operand sets with the same contents take turns so that no launch finds its operands in the L2 cache (4 times
the cache, at most 64 sets and half of the free memory; one set in regime cold); on the host there is one set, as its
caches are part of what is measured.
On a GPU heuristic_first and tuned are the rates of cuBLASLt's first answer and of the pinned algorithm, taken in
set-up as sustained samples are: sets in turn, launches under 50 us from recordings; 32 MiB of workspace at most.
Checked, untimed: the bits of every sample's result against each other; sampled rows against an fp64 product of
operands made anew, within limits derived from the roundings; Freivalds' check of all rows, on GPUs with fp32 output
and D compared with it element by element. NaN and infinity never pass.
Bound: the device's peak for the type (GPU: multiprocessors x operations a clock x clock; host: measured FMA rate); a
GPU's fp64 is that of its tensor cores. Products with fewer operations a byte than the device has peak a byte of
bandwidth are held against the memory instead (roofline), where their operands lie beyond the caches.
Sources: cuBLAS documentation (cublasLtMatmul); OCP 8-bit Floating Point Specification 1.0; R. Freivalds, IFIP 1977;
N. Higham, Accuracy and Stability of Numerical Algorithms, chapter 3.)";

Workload declare() {
  using Naming = ParamSpec::Naming;
  Workload workload;
  workload.name = "gemm";
  workload.summary = "Dense matrix product D = A B of normal random numbers";
  workload.docs = docs;
  workload.params = {
      gemm_type_param(gemm_words(gemm_operand_types),
                      "Type of the operands; D has it too, but int32 for int8 and bf16 for fp8"),
      side("m", "Rows of A and D"),
      side("n", "Columns of B and D"),
      side("k", "Columns of A, rows of B: length of each sum"),
      gemm_layout_param(
          "A and B in memory: n as the product reads it, t transposed; nt: weights stored n x k"),
      {.name = "batch",
       .kind = ParamSpec::Kind::integer,
       .unit = "products",
       .fallback = std::int64_t{1},
       .help = "Products of one launch, one after the other in memory",
       .low = 1,
       .high = 1 << 20,
       .naming = Naming::unless_default},
      gemm_dist_param(
          "Operands: N(0,1), uniform in [-1,1), -2..2, all 1, all 0; others than normal are no headline"),
      gemm_choice(
          "algorithm", "tuned", {"tuned", "heuristic"},
          "GPU: the fastest of up to 32 that cuBLASLt proposes, timed in set-up (kept in the cache), or "
          "its first"),
      regime_param()};
  workload.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
  workload.scope = Scope::each_rank;
  workload.check = faults_of;
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
