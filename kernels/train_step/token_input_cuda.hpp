// What a network of tokens reads, on a GPU.
#pragma once
#include "kernels/train_step/token_stream.hpp"

namespace muster::train::cuda {

/// Records are read into pinned memory, copied to the device on a stream of their own, and put together on
/// the compute stream.
class TokenInput final : public TokenStream {
 public:
  /// Throws BadInput, OutOfMemory, DeviceError as dataload::RecordStream does.
  TokenInput(StepPlan const& plan, Params const& given, Context& context);
};

}  // namespace muster::train::cuda
