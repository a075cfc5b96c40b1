#include "kernels/train_step/inputs_cuda.hpp"

#include "kernels/train_step/fixed_batch_cuda.hpp"
#include "kernels/train_step/picture_input_cuda.hpp"
#include "kernels/train_step/token_input_cuda.hpp"

namespace muster::train::cuda {

std::unique_ptr<StepInput> gpu_input(StepPlan const& plan, Params const& given, Context& context) {
  if (!plan.options.input) return std::make_unique<FixedInput>(plan, context);
  switch (plan.input) {
    case Network::Input::none:
      return std::make_unique<FixedInput>(plan, context);
    case Network::Input::tokens:
      return std::make_unique<TokenInput>(plan, given, context);
    case Network::Input::pictures:
    case Network::Input::camera:
      return std::make_unique<PictureInput>(plan, given, context);
  }
  return nullptr;
}

}  // namespace muster::train::cuda
