#include "kernels/train_step/token_input_host.hpp"

#include <cstring>

#include "kernels/dataload/memory.hpp"

namespace muster::train {
namespace {

class HostTokens final : public TokenBatch {
 public:
  explicit HostTokens(std::size_t bytes) : bytes_(bytes) {}

  void append(std::size_t at, std::span<std::byte const> piece, dataload::RecordStream const&) override {
    std::memcpy(bytes_.data() + at, piece.data(), piece.size());
  }
  void const* data() const override { return bytes_.data(); }
  std::vector<std::byte> fetch(std::size_t at, std::size_t bytes) override {
    auto const begin = bytes_.begin() + static_cast<std::ptrdiff_t>(at);
    return {begin, begin + static_cast<std::ptrdiff_t>(bytes)};
  }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

TokenInput::TokenInput(StepPlan const& plan, Params const& given, Context& context)
    : TokenStream(plan, given, context, std::make_unique<HostTokens>(token_bytes(plan)),
                  dataload::allocate_pages,
                  context.device.free_memory() / static_cast<std::uint64_t>(context.group.node_size())) {}

}  // namespace muster::train
