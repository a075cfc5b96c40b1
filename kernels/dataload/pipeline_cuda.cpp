// dataload/pipeline on a GPU: read into pinned memory, decode by nvJPEG, one fused kernel a batch.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>

#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/cpu_times.hpp"
#include "kernels/dataload/decoded_checks_cuda.hpp"
#include "kernels/dataload/decoder_choice.hpp"
#include "kernels/dataload/device_batches.hpp"
#include "kernels/dataload/gpu_meter.hpp"
#include "kernels/dataload/patience.hpp"
#include "kernels/dataload/pinned_memory.hpp"
#include "kernels/dataload/pinned_pictures.hpp"
#include "kernels/dataload/preprocess_cuda.hpp"

namespace muster::cuda {

using namespace dataload;

namespace {

double seconds_since(MeterClock::time_point start) {
  return std::chrono::duration<double>(MeterClock::now() - start).count();
}

/// Batches whose work on the GPU may be under way at the same time.
constexpr std::size_t in_flight = 2;

/// Encoded bytes stay until their batch is done, so the reader needs room for these beside what it reads
/// ahead.
Options with_room(Options options) {
  options.prefetch += static_cast<int>(in_flight);
  return options;
}

/// A launch enqueues one batch and returns when the CPU's part is done. Nothing is allocated and no stream is
/// waited for; two waits for events are forced: for the batch before the last, whose encoded bytes the reader
/// gets back, and for the states of nvJPEG (see HybridDecoder and BatchedDecoder).
class GpuPipeline final : public Instance, public MeteredPipeline, public DeviceBatches {
 public:
  GpuPipeline(Params const& params, Context& context)
      : device_(context.device),
        queue_(static_cast<cudaStream_t>(device_.queue())),
        options_(options_from(params)),
        set_(open_records(options_, context)),
        audit_(set_, epoch_share(context)),
        asked_{options_, context.seed},
        crops_(static_cast<std::size_t>(options_.batch)),
        reader_(set_, with_room(options_), epoch_share(context), allocate_pinned) {
    refuse_what_is_not_here(options_);
    for (auto& batch : batches_) {
      batch.values = DeviceBuffer(values_bytes(), "a preprocessed batch");
      batch.prepared = PreparedBatch(options_.batch);
    }
    make_decoder(context);
    resume_meters();
    for (auto const& note : reader_.notes()) context.note(note);
  }

  /// Batches that were read while nobody waited would make the next sample look fast: they are used up first,
  /// however short the pause was.
  void reset() override {
    for (auto stale = reader_.ready(); stale > 0; --stale) take();
    resume_meters();
  }

  void rest() override {
    device_.wait();
    auto const ahead = static_cast<std::size_t>(options_.prefetch);
    wait_until([&] { return reader_.ready() >= ahead; });
  }

  void launch() override {
    take();
    metered_.pictures += static_cast<double>(options_.batch);
    for (auto const& picture : last_->decoded->pictures)
      metered_.pixels += static_cast<double>(picture.width) * static_cast<double>(picture.height);
    auto const until = std::exchange(until_, now());
    double const seconds = std::chrono::duration<double>(until_.time - until.time).count();
    metered_.batch_seconds.add(seconds);
    metered_.seconds += seconds;
    metered_.cpu += until_.cpu - until.cpu;
    metered_.waited += until_.waited - until.waited;
    metered_.decode_host += until_.decode_host - until.decode_host;
    metered_.read += until_.read - until.read;
  }

  Work work() const override { return {.items = static_cast<std::uint64_t>(options_.batch)}; }

  Verdict verify() override {
    if (!last_) take();
    device_.wait();
    if (decoder_->failures() > 0) {
      return Verdict::judge("decode", static_cast<double>(decoder_->failures()), 0,
                            decoder_->first_failure());
    }
    auto const& images = last_->encoded->images;
    auto const values = std::make_unique_for_overwrite<std::byte[]>(values_bytes());
    copy_to_host(values.get(), last_->values.as(), values_bytes(), queue_);
    return all_of({check_order(audit_), check_hashes(set_, *last_->encoded, reader_),
                   check_decoded(set_, *last_->decoded, images, queue_),
                   check_preprocessed(set_, *last_->decoded, images, values.get(), asked_, queue_),
                   check_batch(set_, images, values.get(), asked_, device_.team())});
  }

  /// The slowest of what works side by side, alone.
  std::optional<Bound> bound() override {
    auto const slowest = find_bottleneck(stages_alone(alone(), decoder_->plan()));
    return Bound{slowest.stage + "_alone", slowest.limit, "images/s"};
  }

  void resume_meters() override { until_ = now(); }

  DeviceBatch last_batch() const override {
    DeviceBatch batch{last_->values.as(), values_bytes(), 0};
    for (auto const& image : last_->encoded->images) batch.encoded_bytes += image.bytes.size();
    return batch;
  }

  PipelineSummary summary() override {
    auto summary = summary_of(metered_, alone(), decoder_->plan(), options_.prefetch);
    describe(summary, set_);
    return summary;
  }

  std::vector<Figure> figures() override {
    auto figures = figures_of(summary());
    double const records = static_cast<double>(set_.records.size());
    std::vector<Figure> const more{{"read_bandwidth", alone().read_bytes, "B/s"},
                                   {"host_to_device_bandwidth", alone().copy_bytes, "B/s"},
                                   {"records", records, ""},
                                   {"direct_io", reader_.io() == Io::direct ? 1.0 : 0.0, ""}};
    figures.insert(figures.end(), more.begin(), more.end());
    std::ranges::copy(figures_of(reader_.storage(), reader_.io() == Io::buffered),
                      std::back_inserter(figures));
    for (auto& figure : decoder_figures(*decoder_, choice_)) figures.push_back(std::move(figure));
    return figures;
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    auto facts = facts_of(set_);
    facts.emplace_back("read_engine", reader_.engine());
    for (auto& fact : choice_.facts()) facts.push_back(std::move(fact));
    for (auto& fact : facts_of(summary())) facts.push_back(std::move(fact));
    return facts;
  }

 private:
  struct Batch {
    EncodedBatch const* encoded = nullptr;
    DecodedBatch* decoded = nullptr;
    PreparedBatch prepared{};
    DeviceBuffer values{};                 ///< batch x 3 x size x size values
    Event prepared_at{Event::Timing::on};  ///< the kernel is next
    Event ended{Event::Timing::on};
  };
  /// What the meters show at one moment.
  struct Moment {
    MeterClock::time_point time{};
    double waited = 0, decode_host = 0;
    ReadTimes read{};
    double cpu = 0;
  };
  Moment now() const {
    return {MeterClock::now(), waited_, decoder_->host_seconds(), reader_.times(), cpu_times({}).all};
  }

  std::size_t values_bytes() const {
    return static_cast<std::size_t>(options_.batch) * options_.output_spec().bytes();
  }

  void make_decoder(Context& context) {
    PinnedPictures const sample(set_, static_cast<std::size_t>(options_.batch), std::size_t{64} << 20);
    auto const crops = find_crops(sample.images());
    choice_ = choose_decoder(set_, sample.images(), crops, options_, context);
    decoder_.emplace(set_, device_.team(), options_.batch, choice_.plan);
    decoder_->warm(sample.images(), device_, crops);
  }

  std::span<Crop const> find_crops(std::span<EncodedImage const> images) {
    for (std::size_t i = 0; i < images.size(); ++i) crops_[i] = asked_.crop(set_, images[i]);
    return std::span(crops_).first(images.size());
  }

  void take() {
    Batch& batch = batches_[launches_++ % in_flight];
    if (batch.encoded) end(batch);
    auto const start = MeterClock::now();
    batch.encoded = reader_.next();
    waited_ += seconds_since(start);
    for (auto const& image : batch.encoded->images) audit_.add(image.epoch, image.record);
    enqueue(batch);
    last_ = &batch;
  }

  /// Its work is done, or will be soon: waits, looks at its times, and gives the bytes back.
  void end(Batch& batch) {
    batch.ended.wait();
    note_times(batch);
    reader_.give_back(std::exchange(batch.encoded, nullptr));
  }

  void note_times(Batch const& batch) {
    metered_.measured += static_cast<double>(options_.batch);
    metered_.decode_span += seconds_between(batch.decoded->begun, batch.decoded->decoded);
    metered_.preprocess += seconds_between(batch.prepared_at, batch.ended);
  }

  void enqueue(Batch& batch) {
    auto const& images = batch.encoded->images;
    auto const spec = options_.output_spec();
    auto const crops = find_crops(images);
    batch.decoded = &decoder_->run(images, queue_, crops);
    for (std::size_t i = 0; i < images.size(); ++i) {
      auto const& picture = batch.decoded->pictures[i];
      batch.prepared.pictures()[i] = prepare(picture.view(), picture.moved(crops[i]), spec);
    }
    batch.prepared.bring(queue_);
    batch.prepared_at.record(queue_);
    batch.prepared.preprocess(spec, batch.values.as(), queue_);
    decoder_->done_with(*batch.decoded, queue_);
    batch.ended.record(queue_);
  }

  /// Measured once, when all has been verified.
  GpuStageRates const& alone() {
    if (alone_) return *alone_;
    if (!last_) take();
    device_.wait();
    GpuStageRates rates;
    measure_reading(rates);
    auto const bytes = encoded_bytes(*last_->encoded);
    DeviceBuffer const target(bytes.size(), "an encoded batch");
    rates.copy = pictures_per_second([&] {
      check(cudaMemcpyAsync(target.as(), bytes.data(), bytes.size(), cudaMemcpyHostToDevice, queue_),
            "cudaMemcpyAsync");
    });
    rates.copy_bytes = rates.copy / static_cast<double>(options_.batch) * static_cast<double>(bytes.size());
    auto const crops = find_crops(last_->encoded->images);
    rates.decode = pictures_per_second(
        [&] { decoder_->done_with(decoder_->run(last_->encoded->images, queue_, crops), queue_); });
    rates.preprocess = pictures_per_second(
        [&] { last_->prepared.preprocess(options_.output_spec(), last_->values.as(), queue_); });
    return alone_.emplace(rates);
  }

  /// Of a reader of its own.
  void measure_reading(GpuStageRates& rates) const {
    ReadAhead reader(set_, options_, 0, allocate_pinned);
    auto const step = [&] { reader.give_back(reader.next()); };
    for (int i = 0; i < options_.prefetch; ++i) step();  // read before the clock started
    auto const before = reader.bytes_read();
    auto const start = MeterClock::now();
    do step();
    while (seconds_since(start) < stage_seconds);
    rates.read_bytes = static_cast<double>(reader.bytes_read() - before) / seconds_since(start);
    rates.read =
        rates.read_bytes * static_cast<double>(set_.records.size()) / static_cast<double>(set_.bytes());
  }

  /// Of steps of a batch each, enqueued again and again; a hundred at most are under way.
  template <class Step>
  double pictures_per_second(Step step) const {
    step();
    device_.wait();
    auto const start = MeterClock::now();
    double batches = 0;
    do {
      int const at_once = batches < 1 ? 1 : 100;
      for (int i = 0; i < at_once && seconds_since(start) < stage_seconds; ++i, ++batches) step();
      device_.wait();
    } while (seconds_since(start) < stage_seconds);
    return batches * static_cast<double>(options_.batch) / seconds_since(start);
  }

  static constexpr double stage_seconds = 0.3;

  Device& device_;
  cudaStream_t queue_;
  Options options_;
  RecordSet set_;
  EpochAudit audit_;
  Preprocessing asked_;
  std::vector<Crop> crops_;  ///< of the batch that is enqueued
  DecoderChoice choice_{};
  Batch batches_[in_flight];
  ReadAhead reader_;
  std::optional<GpuDecoder> decoder_{};  // waits for its work before the memory goes
  std::uint64_t launches_ = 0;
  Batch* last_ = nullptr;
  std::optional<GpuStageRates> alone_{};

  double waited_ = 0;  ///< seconds for the reader, so far
  GpuReading metered_{};
  Moment until_{};
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<GpuPipeline>(params, context);
}

MakerRegistration const registration{"dataload/pipeline", &make};

}  // namespace
}  // namespace muster::cuda
