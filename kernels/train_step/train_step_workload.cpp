// train_step: compute, communication and input together, as training runs them.

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/network_params.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster {
namespace {

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
      "samples/s = samples of all ranks / seconds of the slowest rank's step.",
      train::joined({model(), step(), train::data_params()}),
      {"throughput", "samples/s", Quantity::items},
      Scope::group,
      {1, true}};
  workload.check = train::faults_of_params;
  return workload;
}

Registration const registration{train_step()};

}  // namespace
}  // namespace muster
