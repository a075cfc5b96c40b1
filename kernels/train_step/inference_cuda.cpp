// inference on a GPU.
#include "kernels/collective/collective_instance.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/train_step/cuda_machine_cuda.hpp"
#include "kernels/train_step/inference_instance.hpp"
#include "kernels/train_step/inputs_cuda.hpp"
#include "kernels/train_step/steady_input.hpp"

namespace muster::train::cuda {
namespace {

/// Those that a device keeps from case to case belong to ranks that work together.
std::shared_ptr<StepCommunicators> communicators_of(StepPlan const& plan, InferenceContext& context) {
  if (context.together()) return step_communicators(plan, context.get());
  auto alone = std::make_shared<StepCommunicators>();
  alone->members = step_members(plan.tensor_parallel, context.get().group);
  return alone;
}

std::unique_ptr<Instance> make(Params const& params, Context& all) {
  auto const network = network_of(params);
  auto plan = plan_step(network, step_options(params));
  auto context = std::make_unique<InferenceContext>(plan, all);
  auto& own = context->get();
  auto const communicators = communicators_of(plan, *context);
  std::unique_ptr<StepInput> input;
  std::unique_ptr<StepMachine> machine;
  on_all_ranks(own.group, [&] { require_device_memory(network, plan, own.device); });  // before a long set-up
  on_all_ranks(own.group, [&] { input = std::make_unique<SteadyInput>(gpu_input(plan, params, own)); });
  on_all_ranks(own.group, [&] { require_device_memory(network, plan, own.device); });
  on_all_ranks(own.group, [&] { machine = std::make_unique<CudaMachine>(plan, *input, communicators, own); });
  return std::make_unique<InferenceInstance>(std::move(plan), std::move(context), std::move(input),
                                             std::move(machine));
}

MakerRegistration const alone{"inference", &make}, together{"inference/tensor_parallel", &make};

}  // namespace
}  // namespace muster::train::cuda
