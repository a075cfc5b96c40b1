// dataload/decode on a GPU: nvJPEG on pictures that lie in pinned memory.
#include <optional>

#include "kernels/contract/backend.hpp"
#include "kernels/dataload/decoded_checks_cuda.hpp"
#include "kernels/dataload/decoder_choice.hpp"
#include "kernels/dataload/pinned_pictures.hpp"
#include "kernels/dataload/preprocess_cuda.hpp"

namespace muster::cuda {

using namespace dataload;

namespace {

constexpr std::size_t encoded_memory = std::size_t{256} << 20;

class GpuDecode final : public Instance {
 public:
  GpuDecode(Params const& params, Context& context)
      : device_(context.device),
        queue_(static_cast<cudaStream_t>(device_.queue())),
        options_(options_from(params)),
        set_(open_records(options_, context)),
        pictures_(set_, set_.records.size(), encoded_memory),
        batch_(static_cast<std::size_t>(options_.batch)),
        choice_(choose_decoder(set_, first_batch(), {}, options_, context)),
        decoder_(set_, device_.team(), options_.batch, choice_.plan) {
    refuse_what_is_not_here(options_);
    decoder_.warm(batch_, device_);
  }

  void launch() override {
    for (auto& image : batch_) image = next_picture();
    decoded_ = &decoder_.run(batch_, queue_);
    decoder_.done_with(*decoded_, queue_);
  }

  Work work() const override { return {.items = static_cast<std::uint64_t>(options_.batch)}; }

  Verdict verify() override {
    if (!decoded_) launch();
    device_.wait();
    if (decoder_.failures() > 0) {
      return Verdict::judge("decode", static_cast<double>(decoder_.failures()), 0, decoder_.first_failure());
    }
    return check_decoded(set_, *decoded_, batch_, queue_);
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    auto facts = facts_of(set_);
    for (auto const& fact : choice_.facts()) facts.push_back(fact);
    return facts;
  }

  std::vector<Figure> figures() override {
    double const records = static_cast<double>(set_.records.size());
    std::vector<Figure> figures{{"mean_pixels", static_cast<double>(set_.pixels()) / records, "pixels"},
                                {"mean_record_bytes", static_cast<double>(set_.bytes()) / records, "B"},
                                {"records", static_cast<double>(pictures_.images().size()), ""},
                                {"skipped_files", static_cast<double>(set_.skipped.size()), ""}};
    for (auto const& figure : decoder_figures(decoder_, choice_)) figures.push_back(figure);
    return figures;
  }

 private:
  EncodedImage next_picture() {
    auto const all = pictures_.images();
    return all[next_++ % all.size()];
  }

  std::span<EncodedImage const> first_batch() {
    for (auto& image : batch_) image = next_picture();
    return batch_;
  }

  Device& device_;
  cudaStream_t queue_;
  Options options_;
  RecordSet set_;
  PinnedPictures pictures_;
  std::vector<EncodedImage> batch_;
  std::size_t next_ = 0;
  DecoderChoice choice_;
  GpuDecoder decoder_;  // last: waits for its work before the memory goes
  DecodedBatch* decoded_ = nullptr;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<GpuDecode>(params, context);
}

MakerRegistration const registration{"dataload/decode", &make};

}  // namespace
}  // namespace muster::cuda
