// train_step on the host: the CPUs of a rank in place of a GPU, the group's own all-reduce, records and
// pictures as the family dataload reads them.
#include "kernels/collective/collective_instance.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/train_step/checkpoint.hpp"
#include "kernels/train_step/host_input_host.hpp"
#include "kernels/train_step/host_machine_host.hpp"
#include "kernels/train_step/steady_input.hpp"
#include "kernels/train_step/step_instance.hpp"
#include "kernels/train_step/step_nodes.hpp"

namespace muster::train {
namespace {

void refuse_gpu_params(StepOptions const& options) {
  if (options.graph) throw Unsupported("CUDA graphs are a GPU's (this is the host backend) leave graph away");
  if (options.channels > 0)
    throw Unsupported("channels are NCCL's (this is the host backend) leave channels away");
}

std::unique_ptr<Instance> step(Params const& params, Context& context) {
  auto const network = network_of(params);
  auto const options = step_options(params);
  refuse_gpu_params(options);
  auto plan = plan_step(network, options);
  std::unique_ptr<StepInput> input;
  std::unique_ptr<StepMachine> machine;
  std::unique_ptr<Checkpoints> checkpoints;
  auto const room = host_room(plan, params, context.group);
  on_all_ranks(context.group,
               [&] { require_step_memory(network, plan, context.device.free_memory(), &room); });
  on_all_ranks(context.group,
               [&] { input = std::make_unique<SteadyInput>(host_input(plan, params, context)); });
  on_all_ranks(context.group, [&] { machine = std::make_unique<HostMachine>(plan, *input, context); });
  on_all_ranks(context.group, [&] { checkpoints = make_checkpoints(plan, *machine, context); });
  return std::make_unique<StepInstance>(std::move(plan), std::move(input), std::move(machine), context,
                                        std::move(checkpoints));
}

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return on_first_nodes(params, context, &step);
}

MakerRegistration const registration{"train_step", &make};

}  // namespace
}  // namespace muster::train
