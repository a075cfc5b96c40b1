#include "kernels/contract/multiple.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

constexpr char const* docs =
    R"(Softmax and cross-entropy over a large vocabulary with the gradient, fused, as a language model's
last step: loss = log(sum exp(x)) - x[target], gradient = (softmax(x) - [target]) / tokens. Logits and
gradient in bfloat16, loss and arithmetic in fp32. The running maximum and sum are found in one pass over a
token's logits (Milakov, Gimelshein, "Online normalizer calculation for softmax", 2018), the gradient in a
second one that the caches serve as far as they hold the tokens at work.
bandwidth = 4 bytes a logit (read once, gradient written once) plus 8 a token / seconds: the least that
must move; what the second pass fetches again counts as lost time, not as bytes.
Checked before the first sample and after the last: every element of the gradient and every loss against a
reference in double precision, within one rounding to bfloat16 (2^-8) and fp32's own. (Tokens repeat every
31, so the reference is short.) The bound is the memory's bandwidth, given where the arrays are at least 4
times the last cache.)";

Workload declare() {
  Workload workload;
  workload.name = "training/cross_entropy";
  workload.summary =
      "Fused softmax, cross-entropy and gradient in bfloat16, limited by memory: 4 bytes a logit";
  workload.docs = docs;
  workload.params = {{.name = "tokens",
                      .kind = ParamSpec::Kind::integer,
                      .fallback = std::int64_t{1024},
                      .help = "Tokens",
                      .low = 1,
                      .high = 2147483647},
                     {.name = "vocabulary",
                      .kind = ParamSpec::Kind::integer,
                      .fallback = std::int64_t{128256},
                      .help = "Words of the vocabulary (128256: Llama 3)",
                      .low = 8,
                      .high = 16777216},
                     regime_param()};
  workload.metric = {"bandwidth", "B/s", Quantity::bytes, Better::higher};
  workload.scope = Scope::each_rank;
  workload.check = must_be_multiple("vocabulary", 8, "the kernels move 16 bytes at a time");
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
