#include "kernels/train_step/token_input_cuda.hpp"

#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/dataload/pinned_memory.hpp"

namespace muster::train::cuda {
namespace {

using muster::cuda::check;

/// Device memory that records are copied to on a stream of its own, once the step has done with what was
/// there.
class StepDelivery final : public dataload::Delivery {
 public:
  StepDelivery(int device, cudaStream_t compute, std::size_t buffers, std::size_t bytes)
      : device_(device), compute_(compute) {
    for (std::size_t i = 0; i < buffers; ++i)
      buffers_.push_back({muster::cuda::DeviceBuffer(bytes, "a batch of records")});
  }

  /// Called by a thread of the stream's own, which has no device yet.
  void copy(std::size_t buffer, std::span<std::byte const> bytes) override {
    check(cudaSetDevice(device_), "cudaSetDevice");
    muster::cuda::make_wait(copies_.get(), buffers_[buffer].released);
    check(cudaMemcpyAsync(buffers_[buffer].memory.as(), bytes.data(), bytes.size(), cudaMemcpyHostToDevice,
                          copies_.get()),
          "cudaMemcpyAsync");
    muster::cuda::wait(copies_.get());
  }

  std::vector<std::byte> fetch(std::size_t buffer, std::size_t bytes) override {
    std::vector<std::byte> back(bytes);
    muster::cuda::copy_to_host(back.data(), buffers_[buffer].memory.as(), bytes, compute_);
    return back;
  }

  std::byte const* at(std::size_t buffer) const { return buffers_[buffer].memory.as<std::byte>(); }
  /// What is on the compute stream now is the last that reads it.
  void release(std::size_t buffer) { buffers_[buffer].released.record(compute_); }

 private:
  struct Buffer {
    muster::cuda::DeviceBuffer memory;
    muster::cuda::Event released{};
  };
  int device_;
  cudaStream_t compute_;
  muster::cuda::Stream copies_{};
  std::vector<Buffer> buffers_{};
};

class DeviceTokens final : public TokenBatch {
 public:
  DeviceTokens(std::size_t bytes, Device& device)
      : device_(device.info().index), compute_(static_cast<cudaStream_t>(device.queue())), size_(bytes) {}

  /// All memory is taken here: before, ranks find their records together, and none may be missing.
  dataload::MakeDelivery delivery() override {
    return [this](std::size_t buffers, std::size_t bytes) {
      bytes_ = muster::cuda::DeviceBuffer(size_, "a batch of tokens");
      auto made = std::make_unique<StepDelivery>(device_, compute_, buffers, bytes);
      delivery_ = made.get();
      return made;
    };
  }

  /// On the compute stream, so that the step before has read the batch it takes the place of.
  void append(std::size_t at, std::span<std::byte const> piece, dataload::RecordStream const& from) override {
    auto const held = from.held();
    auto const* const begin = delivery_->at(held.buffer) + (piece.data() - held.bytes.data());
    check(
        cudaMemcpyAsync(bytes_.as<std::byte>() + at, begin, piece.size(), cudaMemcpyDeviceToDevice, compute_),
        "cudaMemcpyAsync");
  }
  void release(dataload::RecordStream const& held) override { delivery_->release(held.held().buffer); }

  void const* data() const override { return bytes_.as(); }
  std::vector<std::byte> fetch(std::size_t at, std::size_t bytes) override {
    std::vector<std::byte> back(bytes);
    muster::cuda::copy_to_host(back.data(), bytes_.as<std::byte>() + at, bytes, compute_);
    return back;
  }

 private:
  int device_;
  cudaStream_t compute_;
  std::size_t size_;
  muster::cuda::DeviceBuffer bytes_{};
  StepDelivery* delivery_ = nullptr;  ///< the stream's
};

}  // namespace

TokenInput::TokenInput(StepPlan const& plan, Params const& given, Context& context)
    : TokenStream(plan, given, context, std::make_unique<DeviceTokens>(token_bytes(plan), context.device),
                  muster::cuda::allocate_pinned, 0) {}

}  // namespace muster::train::cuda
