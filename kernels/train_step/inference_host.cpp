// inference on the host: the CPUs of a rank in place of a GPU.
#include "kernels/collective/collective_instance.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/train_step/host_input_host.hpp"
#include "kernels/train_step/host_machine_host.hpp"
#include "kernels/train_step/inference_instance.hpp"
#include "kernels/train_step/steady_input.hpp"

namespace muster::train {
namespace {

std::unique_ptr<Instance> make(Params const& params, Context& all) {
  auto const network = network_of(params);
  auto const options = step_options(params);
  if (options.graph) throw Unsupported("CUDA graphs are a GPU's (this is the host backend) leave graph away");
  auto plan = plan_step(network, options);
  auto context = std::make_unique<InferenceContext>(plan, all);
  auto& group = context->get().group;
  std::unique_ptr<StepInput> input;
  std::unique_ptr<StepMachine> machine;
  auto const room = host_room(plan, params, all.group);
  // Before any rank of the node has taken its part, whether they work together or not.
  on_all_ranks(all.group, [&] { require_step_memory(network, plan, all.device.free_memory(), &room); });
  on_all_ranks(group,
               [&] { input = std::make_unique<SteadyInput>(host_input(plan, params, context->get())); });
  on_all_ranks(group, [&] { machine = std::make_unique<HostMachine>(plan, *input, context->get()); });
  return std::make_unique<InferenceInstance>(std::move(plan), std::move(context), std::move(input),
                                             std::move(machine));
}

MakerRegistration const alone{"inference", &make}, together{"inference/tensor_parallel", &make};

}  // namespace
}  // namespace muster::train
