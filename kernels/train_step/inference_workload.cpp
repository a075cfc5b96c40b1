// inference: the forward pass of a model alone.

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/network_params.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster {
namespace {

constexpr char const* alone = "inference";
constexpr char const* together = "inference/tensor_parallel";

std::vector<ParamSpec> specs() {
  return train::joined(
      {train::model_params("of weights, products and activations", 1, "in one pass; 0: the model's own"),
       {train::input_param("no_input"), train::graph_param("cuda: the pass is recorded once and repeated"),
        train::network_param()},
       train::data_params()});
}

/// Ranks that share layers must keep pace with each other; those that do not each have a figure of their own.
std::vector<std::string> faults_of_sharing(Params const& params, bool shares) {
  auto faults = train::faults_of_params(params);
  if (!faults.empty() || params.text("network").empty()) return faults;
  auto const ranks = train::network_of(params).tensor_parallel;
  if ((ranks > 1) == shares) return faults;
  auto const& model = params.text("model");
  faults.push_back(shares ? "no rank of " + model +
                                " shares a layer with another (tensor_parallel is 1) use workload = \"" +
                                std::string(alone) + "\""
                          : std::to_string(ranks) + " ranks share each layer of " + model +
                                " (tensor_parallel), so none works by itself: use workload = \"" + together +
                                "\"");
  return faults;
}

constexpr char const* docs =
    "One launch is one pass: x_0 from the batch (and the embedding), each layer's products, their sums over "
    "the "
    "ranks that share a layer. samples/s = batch / seconds of a pass, passes back to back (MLPerf Inference: "
    "offline); latencies of passes one at a time, from the call to the end (single stream). The bound: the "
    "slower "
    "of the products at the device's peak and of reading the weights once (Pope et al., Efficiently Scaling "
    "Transformer Inference, 2022). A sample of a language model is its whole sequence (prefill); generating "
    "token "
    "by token is not in it. Checked: samples of every layer's numbers against double precision; bits over "
    "ranks.";

bool always(Params const&) { return true; }

Workload inference() {
  return {alone,
          "the forward pass of a model, every rank by itself: latency and throughput",
          docs,
          specs(),
          {"throughput", "samples/s", Quantity::items},
          Scope::each_rank,
          {1, true},
          [](Params const& params) { return faults_of_sharing(params, false); },
          &always};
}

Workload tensor_parallel() {
  return {together,
          "the forward pass of a model whose layers the ranks of a node share",
          docs,
          specs(),
          {"throughput", "samples/s", Quantity::items},
          Scope::group,
          {1, true},
          [](Params const& params) { return faults_of_sharing(params, true); },
          &always};
}

Registration const alone_registration{inference()};
Registration const together_registration{tensor_parallel()};

}  // namespace
}  // namespace muster
