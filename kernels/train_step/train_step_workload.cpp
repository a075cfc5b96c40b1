// train_step: compute, communication and input together, as training runs them.

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster {
namespace {

using Kind = ParamSpec::Kind;
constexpr auto unless_default = ParamSpec::Naming::unless_default;
constexpr auto never = ParamSpec::Naming::never;

std::vector<ParamSpec> model() {
  return {{"model",
           Kind::text,
           "",
           "",
           "the model's name; set by the entry's key model",
           {},
           0,
           0,
           ParamSpec::Naming::always,
           true},
          {"type",
           Kind::choice,
           "",
           "bf16",
           "of products, activations and gradients; master weights are fp32",
           {"bf16", "fp32"}},
          {"batch",
           Kind::integer,
           "samples",
           std::int64_t{0},
           "of a rank and micro-batch; 0: the model's own",
           {},
           0,
           1 << 20},
          {"shrink",
           Kind::integer,
           "",
           std::int64_t{1},
           "rows, outputs and inputs of every layer are divided by it: a small likeness of the model",
           {},
           1,
           4096,
           unless_default},
          {"blocks",
           Kind::integer,
           "",
           std::int64_t{0},
           "repeats of each of the model's blocks at most; 0: all",
           {},
           0,
           4096,
           unless_default}};
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
          {"input",
           Kind::choice,
           "",
           "input",
           "batches come from storage, by the model's input profile; no_input: one batch, made once",
           {"input", "no_input"},
           0,
           0,
           unless_default},
          {"graph",
           Kind::choice,
           "",
           "no_graph",
           "cuda: the step is recorded once and repeated",
           {"no_graph", "graph"},
           0,
           0,
           unless_default},
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
          {"network",
           Kind::text,
           "",
           "",
           "what the model's file says; set by the entry's key model",
           {},
           0,
           0,
           never}};
}

std::vector<ParamSpec> joined(std::vector<ParamSpec> specs, std::vector<ParamSpec> const& more) {
  specs.insert(specs.end(), more.begin(), more.end());
  return specs;
}

Workload train_step() {
  Workload workload{
      "train_step",
      "a training step: forward, backward, gradients summed over the ranks, optimiser, the next batch",
      "samples/s = samples of all ranks / seconds of the slowest rank's step.",
      joined(model(), step()),
      {"throughput", "samples/s", Quantity::items},
      Scope::group,
      {1, true}};
  workload.check = train::faults_of_params;
  return workload;
}

Registration const registration{train_step()};

}  // namespace
}  // namespace muster
