// dataload/copy on a GPU: one batch of encoded pictures, as the reader left it in pinned memory, to the
// device.
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/pinned_memory.hpp"
#include "kernels/dataload/read_ahead.hpp"

namespace muster::cuda {

using namespace dataload;

namespace {

class GpuCopy final : public Instance {
 public:
  GpuCopy(Params const& params, Context& context)
      : device_(context.device),
        queue_(static_cast<cudaStream_t>(device_.queue())),
        options_(options_from(params)),
        set_(open_records(options_, context)),
        reader_(set_, options_, epoch_share(context), allocate_pinned),
        batch_(*reader_.next()),
        bytes_(encoded_bytes(batch_)),
        target_(bytes_.size(), "an encoded batch") {
    for (auto const& note : reader_.notes()) context.note(note);
  }

  void launch() override {
    check(cudaMemcpyAsync(target_.as(), bytes_.data(), bytes_.size(), cudaMemcpyHostToDevice, queue_),
          "cudaMemcpyAsync");
    launched_ = true;
  }

  Work work() const override { return {.bytes = bytes_.size(), .items = batch_.images.size()}; }
  bool recordable() const override { return true; }

  /// Every picture's bytes as they are on the device.
  Verdict verify() override {
    if (!launched_) launch();
    std::vector<std::byte> copied(bytes_.size());
    copy_to_host(copied.data(), target_.as(), copied.size(), queue_);
    check(cudaMemsetAsync(target_.as(), 0, target_.bytes(), queue_), "cudaMemsetAsync");
    launched_ = false;
    double wrong = 0;
    std::string first;
    for (auto image : batch_.images) {
      image.bytes = std::span(copied).subspan(static_cast<std::size_t>(image.bytes.data() - bytes_.data()),
                                              image.bytes.size());
      auto const fault = hash_fault(set_, image);
      if (!fault.empty() && wrong++ == 0) first = fault;
    }
    return Verdict::judge("XXH3 of the bytes on the device", wrong, 0, first);
  }

  std::optional<Bound> bound() override { return device_.host_link_bandwidth(); }
  std::vector<Figure> figures() override {
    return {{"bytes_per_batch", static_cast<double>(bytes_.size()), "B"}};
  }
  std::vector<std::pair<std::string, std::string>> facts() override { return facts_of(set_); }

 private:
  Device& device_;
  cudaStream_t queue_;
  Options options_;
  RecordSet set_;
  ReadAhead reader_;
  EncodedBatch const& batch_;
  std::span<std::byte const> bytes_;
  DeviceBuffer target_;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<GpuCopy>(params, context);
}

MakerRegistration const registration{"dataload/copy", &make};

}  // namespace
}  // namespace muster::cuda
