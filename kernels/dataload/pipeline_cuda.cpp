// dataload/pipeline on a GPU: read into pinned memory, decode by nvJPEG, one fused kernel a picture.
#include <chrono>
#include <utility>

#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/decoded_checks_cuda.hpp"
#include "kernels/dataload/decoder_choice.hpp"
#include "kernels/dataload/pinned_memory.hpp"
#include "kernels/dataload/pinned_pictures.hpp"
#include "kernels/dataload/preprocess_cuda.hpp"

namespace muster::cuda {

using namespace dataload;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Batches whose work on the GPU may be under way at the same time.
constexpr int in_flight = 2;

/// Encoded bytes stay until their batch is done, so the reader needs room for these beside what it reads
/// ahead.
Options with_room(Options options) {
  options.prefetch += in_flight;
  return options;
}

class GpuPipeline final : public Instance {
 public:
  GpuPipeline(Params const& params, Context& context)
      : device_(context.device),
        queue_(static_cast<cudaStream_t>(device_.queue())),
        options_(options_from(params)),
        set_(open_records(options_, context)),
        audit_(set_.records.size(), order_seed(context)),
        choice_(choose(context)),
        reader_(set_, with_room(options_), order_seed(context), allocate_pinned),
        decoder_(set_, device_.team(), options_.batch, choice_.plan),
        asked_{options_, context.seed} {
    refuse_what_is_not_here(options_);
    for (auto& batch : batches_) batch.values = DeviceBuffer(values_bytes(), "a preprocessed batch");
    for (auto& batch : batches_) batch.prepared = PreparedBatch(options_.batch);
    for (auto const& note : reader_.notes()) context.note(note);
  }

  void launch() override {
    Batch& batch = batches_[launches_++ % in_flight];
    if (batch.encoded) {
      batch.done.wait();
      reader_.give_back(std::exchange(batch.encoded, nullptr));
    }
    batch.encoded = reader_.next();
    for (auto const& image : batch.encoded->images) audit_.add(image.record);
    enqueue(batch);
    last_ = &batch;
  }

  Work work() const override { return {.items = static_cast<std::uint64_t>(options_.batch)}; }

  Verdict verify() override {
    if (!last_) launch();
    device_.wait();
    if (decoder_.failures() > 0) {
      return Verdict::judge("decode", static_cast<double>(decoder_.failures()), 0, decoder_.first_failure());
    }
    auto const& images = last_->encoded->images;
    auto const values = std::make_unique_for_overwrite<std::byte[]>(values_bytes());
    copy_to_host(values.get(), last_->values.as(), values_bytes(), queue_);
    return all_of({check_order(), check_bytes(), check_decoded(set_, *last_->decoded, images, queue_),
                   check_preprocessed(set_, *last_->decoded, images, values.get(), asked_, queue_),
                   check_batch(set_, images, values.get(), asked_, device_.team())});
  }

  /// The slower of the two halves, each alone: reading goes on beside the rest.
  std::optional<Bound> bound() override {
    if (!last_) launch();
    read_alone_ = measure_reading();
    decode_alone_ = measure_decoding();
    if (read_alone_ < decode_alone_) return Bound{"read_alone", read_alone_, "images/s"};
    return Bound{"decode_and_preprocess_alone", decode_alone_, "images/s"};
  }

  std::vector<Figure> figures() override {
    double const records = static_cast<double>(set_.records.size());
    return {{"read_alone", read_alone_, "images/s"},
            {"decode_and_preprocess_alone", decode_alone_, "images/s"},
            {"records", records, ""},
            {"mean_record_bytes", static_cast<double>(set_.bytes()) / records, "B"},
            {"skipped_files", static_cast<double>(set_.skipped.size()), ""},
            {"direct_io", reader_.io() == Io::direct ? 1.0 : 0.0, ""}};
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    std::vector<std::pair<std::string, std::string>> facts{{"data", set_.origin},
                                                           {"read_engine", reader_.engine()}};
    for (auto const& fact : choice_.facts()) facts.push_back(fact);
    return facts;
  }

 private:
  struct Batch {
    EncodedBatch const* encoded = nullptr;
    DecodedBatch* decoded = nullptr;
    PreparedBatch prepared{};
    DeviceBuffer values{};  ///< batch x 3 x size x size values
    Event done{};
  };

  std::size_t values_bytes() const {
    return static_cast<std::size_t>(options_.batch) * options_.output_spec().bytes();
  }

  DecoderChoice choose(Context& context) const {
    PinnedPictures const sample(set_, static_cast<std::size_t>(options_.batch), std::size_t{64} << 20);
    return choose_decoder(set_, sample.images(), options_, context);
  }

  void enqueue(Batch& batch) {
    auto const& images = batch.encoded->images;
    batch.decoded = &decoder_.run(images, queue_);
    auto const spec = options_.output_spec();
    for (std::size_t i = 0; i < images.size(); ++i) {
      batch.prepared.pictures()[i] =
          prepare(batch.decoded->pictures[i].view(), asked_.crop(set_, images[i]), spec);
    }
    batch.prepared.enqueue(spec, batch.values.as(), queue_);
    decoder_.done_with(*batch.decoded, queue_);
    batch.done.record(queue_);
  }

  Verdict check_order() const {
    return Verdict::judge("every record once per epoch", static_cast<double>(audit_.faults()), 0,
                          audit_.first_fault());
  }

  Verdict check_bytes() const {
    double wrong = 0;
    std::string first;
    for (auto const& image : last_->encoded->images) {
      auto const fault = hash_fault(set_, image);
      if (!fault.empty() && wrong++ == 0) first = fault;
    }
    return Verdict::judge("XXH3 of the bytes as read", wrong, 0, first);
  }

  /// Pictures per second of a reader of its own.
  double measure_reading() const {
    ReadAhead reader(set_, options_, 0, allocate_pinned);
    for (int i = 0; i < options_.prefetch; ++i)
      reader.give_back(reader.next());  // read before the clock started
    auto const start = Clock::now();
    std::uint64_t pictures = 0;
    for (; seconds_since(start) < stage_seconds; pictures += static_cast<std::uint64_t>(options_.batch)) {
      reader.give_back(reader.next());
    }
    return static_cast<double>(pictures) / seconds_since(start);
  }

  /// Pictures per second of the last batch, again and again.
  double measure_decoding() {
    enqueue(*last_);
    device_.wait();
    auto const start = Clock::now();
    std::uint64_t pictures = 0;
    for (; seconds_since(start) < stage_seconds; pictures += static_cast<std::uint64_t>(options_.batch))
      enqueue(*last_);
    device_.wait();
    return static_cast<double>(pictures) / seconds_since(start);
  }

  static constexpr double stage_seconds = 0.3;

  Device& device_;
  cudaStream_t queue_;
  Options options_;
  RecordSet set_;
  EpochAudit audit_;
  DecoderChoice choice_;
  Batch batches_[in_flight];
  ReadAhead reader_;
  GpuDecoder decoder_;  // waits for its work before the memory goes
  Preprocessing asked_;
  std::uint64_t launches_ = 0;
  Batch* last_ = nullptr;
  double read_alone_ = 0, decode_alone_ = 0;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<GpuPipeline>(params, context);
}

MakerRegistration const registration{"dataload/pipeline", &make};

}  // namespace
}  // namespace muster::cuda
