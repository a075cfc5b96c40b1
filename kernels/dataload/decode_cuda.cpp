// dataload/decode on a GPU: nvJPEG on pictures that lie in pinned memory.
#include <cstring>

#include "kernels/contract/backend.hpp"
#include "kernels/dataload/decoded_checks_cuda.hpp"
#include "kernels/dataload/gpu_decoder.hpp"
#include "kernels/dataload/pinned_memory.hpp"
#include "kernels/dataload/preprocess_cuda.hpp"

namespace muster::cuda {

using namespace dataload;

namespace {

constexpr std::size_t encoded_memory = std::size_t{256} << 20;

/// The set's first pictures, as many as the memory holds, but at least one.
class PinnedPictures {
 public:
  explicit PinnedPictures(RecordSet const& set) {
    std::size_t count = 0, bytes = 0;
    while (count < set.records.size() &&
           (count == 0 || bytes + set.records[count].length <= encoded_memory)) {
      bytes += set.records[count++].length;
    }
    memory_ = allocate_pinned(bytes);
    std::byte* at = memory_.get();
    for (std::size_t i = 0; i < count; ++i) {
      auto const picture = read_plainly(set, set.records[i]);
      std::memcpy(at, picture.data(), picture.size());
      images_.push_back({static_cast<std::uint32_t>(i), {at, picture.size()}});
      at += picture.size();
    }
  }
  std::vector<EncodedImage> const& images() const { return images_; }

 private:
  HostMemory memory_{};
  std::vector<EncodedImage> images_{};
};

class GpuDecode final : public Instance {
 public:
  GpuDecode(Params const& params, Context& context)
      : device_(context.device),
        options_(options_from(params)),
        set_(open_records(options_, context)),
        pictures_(set_),
        batch_(static_cast<std::size_t>(options_.batch)),
        decoder_(set_, device_.team()) {
    refuse_what_is_not_here(options_);
  }

  /// The next pictures, round and round.
  void launch() override {
    auto const& all = pictures_.images();
    for (auto& image : batch_) image = all[next_++ % all.size()];
    decoder_.run(
        batch_, [](GpuDecoder::Slot const&) {}, static_cast<cudaStream_t>(device_.queue()));
    launched_ = true;
  }

  Work work() const override { return {.items = static_cast<std::uint64_t>(options_.batch)}; }

  Verdict verify() override {
    if (!launched_) launch();
    device_.wait();
    if (decoder_.failures() > 0) {
      return Verdict::judge("decode", static_cast<double>(decoder_.failures()), 0, decoder_.first_failure());
    }
    return check_decoded(set_, decoder_, batch_, static_cast<cudaStream_t>(device_.queue()));
  }

  std::vector<std::pair<std::string, std::string>> facts() override { return facts_of(set_); }
  std::vector<Figure> figures() override {
    double const records = static_cast<double>(set_.records.size());
    return {{"mean_pixels", static_cast<double>(set_.pixels()) / records, "pixels"},
            {"mean_record_bytes", static_cast<double>(set_.bytes()) / records, "B"},
            {"records", static_cast<double>(pictures_.images().size()), ""},
            {"skipped_files", static_cast<double>(set_.skipped.size()), ""}};
  }

 private:
  Device& device_;
  Options options_;
  RecordSet set_;
  PinnedPictures pictures_;
  std::vector<EncodedImage> batch_;
  GpuDecoder decoder_;  // last: waits for its work before the memory goes
  std::size_t next_ = 0;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<GpuDecode>(params, context);
}

MakerRegistration const registration{"dataload/decode", &make};

}  // namespace
}  // namespace muster::cuda
