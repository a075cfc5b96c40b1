// What a network of tokens reads: the same on every backend.
#pragma once
#include <cstddef>

#include "kernels/dataload/options.hpp"
#include "kernels/dataload/records.hpp"
#include "kernels/train_step/step_input.hpp"

namespace muster::train {

/// Records of any kind.
dataload::Options options_of_tokens(StepPlan const& plan, Params const& given, Context const& context);

/// Of a micro-batch's samples.
std::size_t token_bytes(StepPlan const& plan);

/// Records that are read at a time: about as many as `bytes` are made of.
dataload::Options with_records_for(dataload::Options options, dataload::RecordSet const& set,
                                   std::size_t bytes);

}  // namespace muster::train
