// What a network of tokens reads, on the host.
#pragma once
#include "kernels/train_step/token_stream.hpp"

namespace muster::train {

class TokenInput final : public TokenStream {
 public:
  /// Throws BadInput, OutOfMemory, DeviceError as dataload::RecordStream does.
  TokenInput(StepPlan const& plan, Params const& given, Context& context);
};

}  // namespace muster::train
