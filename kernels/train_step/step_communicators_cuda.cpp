#include "kernels/train_step/step_communicators_cuda.hpp"

#include <fmt/format.h>

#include <chrono>

#include "kernels/collective/collective_instance.hpp"
#include "kernels/collective/nccl_team.hpp"
#include "kernels/collective/shared_gpus.hpp"

namespace muster::train::cuda {
namespace {

using muster::cuda::NcclCommunicator;

std::string key_of(StepPlan const& plan) {
  return fmt::format("{} ranks share layers, {} channels", plan.tensor_parallel, plan.options.channels);
}

std::unique_ptr<NcclCommunicator> joined(Group* group, int channels) {
  if (group == nullptr || group->size() < 2) return nullptr;
  auto settings = muster::cuda::team_settings(group->size());
  settings.max_ctas = channels;
  return std::make_unique<NcclCommunicator>(*group, settings);
}

std::shared_ptr<StepCommunicators> join(StepPlan const& plan, Context& context) {
  auto made = std::make_shared<StepCommunicators>();
  made->key = key_of(plan);
  made->members = step_members(plan.tensor_parallel, context.group);
  if (context.group.size() == 1) return made;
  made->shares_gpus = muster::cuda::prepare_shared_gpus(context);
  on_all_ranks(context.group, [] { (void)muster::cuda::nccl(); });
  on_all_ranks(context.group, [&] { made->data = joined(made->members.data.get(), plan.options.channels); });
  on_all_ranks(context.group,
               [&] { made->layer = joined(made->members.layer.get(), plan.options.channels); });
  return made;
}

template <class Call>
void on_each(StepCommunicators const& all, Call&& call) {
  for (auto* one : {all.data.get(), all.layer.get()}) {
    if (one) call(*one);
  }
}

}  // namespace

bool StepCommunicators::healthy() const {
  bool all = true;
  on_each(*this, [&](NcclCommunicator& one) { all = all && one.healthy(); });
  return all;
}

void StepCommunicators::look(double seconds) const {
  on_each(*this, [&](NcclCommunicator& one) { one.look(std::chrono::duration<double>(seconds)); });
}

void StepCommunicators::require_healthy() const {
  on_each(*this, [](NcclCommunicator& one) { one.require_healthy(); });
}

void StepCommunicators::abort_if_broken() const {
  on_each(*this, [](NcclCommunicator& one) { one.abort_if_broken(); });
}

std::shared_ptr<StepCommunicators> step_communicators(StepPlan const& plan, Context& context) {
  auto& kept = context.device.kept(kept_communicators);
  auto all = std::static_pointer_cast<StepCommunicators>(kept);
  bool const usable = all && all->key == key_of(plan) && all->healthy();
  if (context.group.max(usable ? 0.0 : 1.0) > 0) {
    all.reset();
    kept.reset();  // the old ones end on all ranks before the new ones begin
    all = join(plan, context);
    kept = all;
  }
  std::chrono::duration<double> const limit(context.operation_seconds);
  on_each(*all, [&](NcclCommunicator& one) {
    one.allow(std::chrono::duration_cast<std::chrono::milliseconds>(limit));
  });
  if (all->shares_gpus)
    context.note("oversubscribed: several ranks share a GPU, so this is no performance result");
  return all;
}

}  // namespace muster::train::cuda
