#include "kernels/train_step/inputs_cuda.hpp"

#include "kernels/train_step/fixed_batch_cuda.hpp"
#include "kernels/train_step/picture_input_cuda.hpp"
#include "kernels/train_step/token_input_cuda.hpp"

namespace muster::train::cuda {

std::unique_ptr<StepInput> gpu_input(StepPlan const& plan, Params const& given, Context& context) {
  return input_for<FixedInput, TokenInput, PictureInput>(plan, given, context);
}

}  // namespace muster::train::cuda
