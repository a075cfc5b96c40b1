// dataload/pipeline on the host.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <thread>

#include "kernels/contract/backend.hpp"
#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/patience.hpp"
#include "kernels/dataload/pipeline_host.hpp"
#include "kernels/dataload/scaled_check_host.hpp"
#include "kernels/dataload/threads_host.hpp"

namespace muster::dataload {

PipelineInstance::PipelineInstance(Params const& params, Context& context)
    : context_(context),
      options_(options_from(params)),
      set_(open_records(options_, context)),
      pipeline_(set_, options_, epoch_share(context), places_of(context.device.team())),
      audit_(set_, epoch_share(context)) {
  require_host_decoder(options_);
  resume_meters();
  for (auto const& note : pipeline_.reader().notes()) context.note(note);
}

void PipelineInstance::reset() {
  if (auto const stale = pipeline_.made_ahead(); stale > 0) {
    for (std::size_t i = 0; i <= stale; ++i) take();
  }
  resume_meters();
}

void PipelineInstance::rest() {
  auto const ahead = static_cast<std::size_t>(options_.prefetch);
  wait_until([&] { return pipeline_.full() && pipeline_.reader().ready() >= ahead; });
}

void PipelineInstance::launch() {
  auto const begun = MeterClock::now();
  take();
  waited_ += std::chrono::duration<double>(MeterClock::now() - begun).count();
  batch_seconds_.add(window_.advance(pipeline_.meters()).seconds);
}

void PipelineInstance::take() {
  if (held_ != nullptr) pipeline_.give_back(std::exchange(held_, nullptr));
  held_ = pipeline_.next();
  for (auto const& image : held_->encoded->images) audit_.add(image.epoch, image.record);
}

Work PipelineInstance::work() const { return {.items = static_cast<std::uint64_t>(options_.batch)}; }

Verdict PipelineInstance::verify() {
  if (held_ == nullptr) take();
  if (options_.scaled) {
    scaled_psnr_ =
        scaled_psnr(options_, context_.seed, held_->encoded->images, held_->values, context_.device.team());
  }
  return all_of(
      {check_order(audit_), check_hashes(set_, *held_->encoded, pipeline_.reader()), check_values()});
}

/// Against a fresh decoder's pixels, put through the formula one value at a time.
Verdict PipelineInstance::check_values() {
  if (pipeline_.failures() > 0) {
    return Verdict::judge("decode", static_cast<double>(pipeline_.failures()), 0, pipeline_.first_failure());
  }
  auto const& images = held_->encoded->images;
  std::vector<double> errors(images.size());
  auto const spec = options_.output_spec();
  std::atomic<std::size_t> next{0};
  context_.device.team().run([&](int) {
    JpegDecoder decoder;
    ImageBuffer pixels;
    for (std::size_t i = next++; i < images.size(); i = next++) {
      auto const& image = images[i];
      auto const& record = set_.records[image.record];
      Crop const crop =
          crop_for(options_, record.width, record.height, crop_key(context_.seed, image.epoch, image.record));
      int const reduction = options_.scaled ? reduction_for(crop, options_.size) : 1;
      std::string const why = decoder.decode(read_plainly(set_, record), pixels, reduction);
      errors[i] = why.empty() ? preprocess_error(held_->values.data() + i * spec.bytes(), spec, pixels.view(),
                                                 reduced(crop, reduction))
                              : -1;
    }
  });
  // Not a number, and a picture that could not be decoded, count as the worst.
  auto const rank = [](double error) { return error >= 0 ? error : 1e9; };
  auto const worst = std::ranges::max_element(errors, {}, rank);
  auto const& record = set_.records[images[static_cast<std::size_t>(worst - errors.begin())].record];
  return Verdict::judge("whole batch against a second decode and the per-value formula", rank(*worst),
                        preprocess_tolerance, describe(set_, record));
}

StageRates const& PipelineInstance::rates() {
  if (rates_) return *rates_;
  // The pipeline goes on until its queues are full; a stage is alone only after that.
  while (!pipeline_.full()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return rates_.emplace(measure_stages(set_, options_, context_.device.team(), 0.8));
}

/// Decoding and preprocessing share the CPUs and are one stage; reading goes on beside them.
std::optional<Bound> PipelineInstance::bound() {
  auto const& alone = rates();
  if (alone.read < alone.picture) return Bound{"read_alone", alone.read, "images/s"};
  return Bound{"decode_and_preprocess_alone", alone.picture, "images/s"};
}

PipelineSummary PipelineInstance::summary() {
  auto const& alone = rates();
  auto summary = summary_of(window_.sum(), alone, pipeline_.shape());
  summary.stall_share = waited_ / std::max(window_.sum().seconds, 1e-12);
  summary.batch_seconds = batch_seconds_.values();
  describe(summary, set_);
  return summary;
}

std::vector<Figure> PipelineInstance::figures() {
  auto const& reader = pipeline_.reader();
  auto const& alone = rates();
  auto figures = figures_of(summary());
  double const records = static_cast<double>(set_.records.size());
  std::vector<Figure> const more{{"decode_and_preprocess_alone", alone.picture, "images/s"},
                                 {"read_bandwidth", alone.read_bytes, "B/s"},
                                 {"decode_pixels", alone.pixels, "pixels/s"},
                                 {"records", records, ""},
                                 {"direct_io", reader.io() == Io::direct ? 1.0 : 0.0, ""},
                                 {"engine_io_uring", reader.engine() == "io_uring" ? 1.0 : 0.0, ""}};
  figures.insert(figures.end(), more.begin(), more.end());
  std::ranges::copy(figures_of(reader.storage(), reader.io() == Io::buffered), std::back_inserter(figures));
  std::ranges::move(psnr_figures(scaled_psnr_), std::back_inserter(figures));
  return figures;
}

std::vector<std::pair<std::string, std::string>> PipelineInstance::facts() {
  auto facts = facts_of(set_);
  for (auto& fact : facts_of(summary())) facts.push_back(std::move(fact));
  return facts;
}

namespace {

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<PipelineInstance>(params, context);
}
MakerRegistration const registration{"dataload/pipeline", &make};

}  // namespace
}  // namespace muster::dataload
