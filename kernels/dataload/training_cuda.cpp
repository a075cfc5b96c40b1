// dataload/training and dataload/records on a GPU: read into pinned memory, copied on a stream of its own.
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/dataload/pinned_memory.hpp"
#include "kernels/dataload/training_instance.hpp"

namespace muster::cuda {

using namespace dataload;

namespace {

/// Device memory for batches of records.
class GpuDelivery final : public Delivery {
 public:
  GpuDelivery(int device, std::size_t buffers, std::size_t bytes) : device_(device) {
    for (std::size_t i = 0; i < buffers; ++i) memory_.emplace_back(bytes, "a batch of records");
  }

  /// Called by a thread of the stream's own, which has no device yet.
  void copy(std::size_t buffer, std::span<std::byte const> bytes) override {
    check(cudaSetDevice(device_), "cudaSetDevice");
    check(cudaMemcpyAsync(memory_[buffer].as(), bytes.data(), bytes.size(), cudaMemcpyHostToDevice,
                          copies_.get()),
          "cudaMemcpyAsync");
    wait(copies_.get());
  }

  std::vector<std::byte> fetch(std::size_t buffer, std::size_t bytes) override {
    std::vector<std::byte> back(bytes);
    copy_to_host(back.data(), memory_[buffer].as(), bytes, checks_.get());
    return back;
  }

 private:
  int device_;
  Stream copies_{}, checks_{};
  std::vector<DeviceBuffer> memory_{};
};

RecordMemory pinned(Context& context) {
  int const device = context.device.info().index;
  return {allocate_pinned, [device](std::size_t buffers, std::size_t bytes) {
            return std::make_unique<GpuDelivery>(device, buffers, bytes);
          }};
}

std::unique_ptr<Instance> make_training(Params const& params, Context& context) {
  return make_training_case(params, context, pinned(context));
}

std::unique_ptr<Instance> make_records(Params const& params, Context& context) {
  return make_records_case(params, context, pinned(context));
}

MakerRegistration const registrations[]{{"dataload/training", &make_training},
                                        {"dataload/records", &make_records}};

}  // namespace
}  // namespace muster::cuda
