#include "kernels/train_step/fixed_batch_host.hpp"

#include <span>

#include "kernels/contract/share.hpp"
#include "kernels/dataload/records.hpp"
#include "kernels/train_step/step_data.hpp"

namespace muster::train {

FixedBatch::FixedBatch(StepPlan const& plan, Context& context)
    : count_(plan.layers.front().input_count()), values_(count_ * sizeof(float)) {
  auto const key = batch_key(context.seed, static_cast<std::uint64_t>(context.group.rank()));
  auto* const values = values_.as<float>();
  auto& team = context.device.team();
  team.run([&](int index) {
    Share const part = share_of(count_, index, team.size(), 1024);
    for (std::uint64_t i = part.begin; i < part.end; ++i) values[i] = fixed_batch(key, i);
  });
}

std::uint64_t FixedBatch::hash() const {
  return dataload::hash_of({values_.data(), static_cast<std::size_t>(values_.bytes())});
}

}  // namespace muster::train
