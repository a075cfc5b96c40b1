#include "kernels/train_step/left_out_of_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace muster::train {

std::string left_out_of_model(StepPlan const& plan) {
  bool const pictures = plan.input == Network::Input::pictures || plan.input == Network::Input::camera;
  bool const attention = !std::ranges::all_of(plan.layers, &PlannedLayer::weights);
  std::vector<std::string> lines{
      "all layers: no residual connections; normalisation, activation, bias and dropout stand as one pass "
      "over "
      "the input, which is written to memory"};
  if (pictures) {
    lines.emplace_back(
        "convolutions: sums in place of pooling; every window is written to memory before the product, where "
        "implicit GEMM "
        "gathers it inside");
  }
  if (attention) {
    lines.emplace_back(
        "attention: no softmax, mask or rearranging of heads; scores are written to memory, where fused "
        "attention keeps them inside");
  }
  if (plan.first_data_gradient())
    lines.emplace_back("embeddings and small parameters: added to the input in turn, not looked up");
  if (pictures && plan.embedding_count > 0)
    lines.emplace_back("normalisations' parameters: summed and stepped, but no gradient is made of them");
  lines.emplace_back(
      "loss and optimiser: squares for the loss, AdamW whatever the model is trained with, no clipping of "
      "gradients, no schedule");
  return fmt::format("{}", fmt::join(lines, "; "));
}

}  // namespace muster::train
