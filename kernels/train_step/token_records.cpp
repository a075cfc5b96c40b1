#include "kernels/train_step/token_records.hpp"

#include <algorithm>
#include <cstdint>

namespace muster::train {

dataload::Options options_of_tokens(StepPlan const& plan, Params const& given, Context const& context) {
  auto options = dataload::options_from(pipeline_params(plan, given, context));
  options.pictures_only = false;
  return options;
}

std::size_t token_bytes(StepPlan const& plan) {
  return static_cast<std::size_t>(plan.samples * plan.sample_bytes);
}

dataload::Options with_records_for(dataload::Options options, dataload::RecordSet const& set,
                                   std::size_t bytes) {
  constexpr std::uint64_t most = 8192;
  std::uint64_t const mean = std::max<std::uint64_t>(1, set.bytes() / set.records.size());
  options.batch = static_cast<int>(std::clamp<std::uint64_t>((bytes + mean - 1) / mean, 1, most));
  return options;
}

}  // namespace muster::train
