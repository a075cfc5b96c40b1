// train_step on a GPU: products by cuBLASLt, sums by NCCL, our own kernels for the rest, pictures through
// nvJPEG and records through pinned memory.
#include "kernels/collective/collective_instance.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/train_step/checkpoint.hpp"
#include "kernels/train_step/cuda_machine_cuda.hpp"
#include "kernels/train_step/inputs_cuda.hpp"
#include "kernels/train_step/steady_input.hpp"
#include "kernels/train_step/step_instance.hpp"
#include "kernels/train_step/step_nodes.hpp"

namespace muster::train::cuda {
namespace {

std::unique_ptr<Instance> step(Params const& params, Context& context) {
  auto const network = network_of(params);
  auto plan = plan_step(network, step_options(params));
  auto const communicators = step_communicators(plan, context);
  std::unique_ptr<StepInput> input;
  std::unique_ptr<StepMachine> machine;
  std::unique_ptr<Checkpoints> checkpoints;
  on_all_ranks(context.group,
               [&] { require_device_memory(network, plan, context.device); });  // before a long set-up
  on_all_ranks(context.group,
               [&] { input = std::make_unique<SteadyInput>(gpu_input(plan, params, context)); });
  on_all_ranks(context.group, [&] { require_device_memory(network, plan, context.device); });
  on_all_ranks(context.group,
               [&] { machine = std::make_unique<CudaMachine>(plan, *input, communicators, context); });
  on_all_ranks(context.group, [&] { checkpoints = make_checkpoints(plan, *machine, context); });
  return std::make_unique<StepInstance>(std::move(plan), std::move(input), std::move(machine), context,
                                        std::move(checkpoints));
}

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return on_first_nodes(params, context, &step);
}

MakerRegistration const registration{"train_step", &make};

}  // namespace
}  // namespace muster::train::cuda
