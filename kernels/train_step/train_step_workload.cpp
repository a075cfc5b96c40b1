// train_step: compute, communication and input together, as training runs them.

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/network_params.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster {
namespace {

constexpr auto docs =
    R"(samples/s = samples of all ranks in a step / seconds of the slowest rank's step. Ranks that share layers
(tensor parallel) have one batch together. A step: the next batch; the forward pass; the backward pass in reverse
order; gradients summed over the ranks, bucket by bucket as they become complete, beside the rest of the backward
pass (as PyTorch's DDP, buckets of 25 MiB; Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel
Training", VLDB 2020); AdamW with fp32 master weights (Loshchilov and Hutter, 2019; Micikevicius et al., "Mixed
Precision Training", 2018). Sampled back to back; with endurance for all of the sampling time, however precise.
Work: 2 x rows x outputs x inputs for each layer and product of the forward pass, twice that in the backward pass (the
first layer of a network without embedding: once); nothing is computed twice, so they are the model's operations.
Figures: the step's parts on the compute lane add up to its mean. Compute, communication and input alone are steps with
nothing else in them, timed in turn with whole ones after sampling, medians of rounds. The limit is what the order of
the work allows if the three cost each other nothing. A rank's wait for later ones is what it waited on its compute lane
beyond the rank that waited least in that step. The finding is the largest of: waits for a later rank, for the input,
for gradients, for sums inside layers, for checkpoints; below 5 % of the step it is compute-bound.
Timeline: slices of the sampled time; a drift is a trend of the slices' medians (Mann, 1945) of 2 % or more; stalls are
steps a fifth longer than the median, periodic if four fifths of six or more come at multiples of one distance.
Checked before and after sampling: every piece against plain formulas in double precision, and that all ranks that hold
the same weights hold the same bits after several steps.
Left out of the step: residual connections; normalisation and activation stand as one pass over memory each.)";

using Kind = ParamSpec::Kind;
constexpr auto unless_default = ParamSpec::Naming::unless_default;

std::vector<ParamSpec> model() {
  return train::model_params("of products, activations and gradients; master weights are fp32", 0,
                             "of a rank and micro-batch; 0: the model's own");
}

std::vector<ParamSpec> step() {
  return {{"accumulate",
           Kind::integer,
           "",
           std::int64_t{1},
           "micro-batches whose gradients are added up in a step",
           {},
           1,
           1024,
           unless_default},
          {"bucket",
           Kind::bytes,
           "bytes",
           std::int64_t{25} << 20,
           "gradients that one all-reduce sums",
           {},
           4,
           std::int64_t{1} << 40,
           unless_default},
          {"overlap",
           Kind::choice,
           "",
           "overlap",
           "buckets are summed while the backward pass goes on; no_overlap: after it",
           {"overlap", "no_overlap"},
           0,
           0,
           unless_default},
          train::input_param("input"),
          train::graph_param("cuda: the step is recorded once and repeated"),
          {"channels",
           Kind::integer,
           "",
           std::int64_t{0},
           "cuda: NCCL's thread blocks for an operation; 0: its choice",
           {},
           0,
           64,
           unless_default},
          {"checkpoint",
           Kind::integer,
           "steps",
           std::int64_t{0},
           "the state is written to storage every so many steps; 0: never",
           {},
           0,
           1 << 20,
           unless_default},
          {"checkpoint_mode",
           Kind::choice,
           "",
           "sync",
           "background: while the next steps go on",
           {"sync", "background"},
           0,
           0,
           unless_default},
          {"nodes",
           Kind::integer,
           "",
           std::int64_t{0},
           "only the first so many nodes take part (for scaling curves); 0: all",
           {},
           0,
           1 << 20,
           unless_default},
          {"endurance",
           Kind::choice,
           "",
           "no_endurance",
           "sampled for all of the sampling time, however precise: shows throttling, stalls, slow ranks",
           {"no_endurance", "endurance"},
           0,
           0,
           unless_default},
          train::network_param()};
}

Workload train_step() {
  Workload workload{
      "train_step",
      "a training step: forward, backward, gradients summed over the ranks, optimiser, the next batch",
      docs,
      train::joined({model(), step(), train::data_params()}),
      {"throughput", "samples/s", Quantity::items},
      Scope::group,
      {1, true}};
  workload.check = train::faults_of_params;
  workload.sustained = [](Params const& params) { return params.text("endurance") != "endurance"; };
  return workload;
}

Registration const registration{train_step()};

}  // namespace
}  // namespace muster
