// dataload/pipeline on the host.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <thread>

#include "kernels/contract/backend.hpp"
#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/pipeline_host.hpp"
#include "kernels/dataload/scaled_check_host.hpp"
#include "kernels/dataload/threads_host.hpp"

namespace muster::dataload {

PipelineInstance::PipelineInstance(Params const& params, Context& context)
    : context_(context),
      options_(options_from(params)),
      set_(open_records(options_, context)),
      pipeline_(set_, options_, {order_seed(context), context.seed}, places_of(context.device.team())),
      audit_(set_.records.size(), order_seed(context)) {
  require_host_decoder(options_);
  for (auto const& note : pipeline_.reader().notes()) context.note(note);
}

void PipelineInstance::reset() {
  if (!pipeline_.full()) return;
  auto const made_meanwhile = static_cast<int>(HostPipeline::jobs_in_all) + options_.prefetch;
  for (int i = 0; i <= made_meanwhile; ++i) take();
}

void PipelineInstance::launch() { take(); }

void PipelineInstance::take() {
  if (held_ != nullptr) pipeline_.give_back(std::exchange(held_, nullptr));
  held_ = pipeline_.next();
  for (auto const& image : held_->encoded->images) audit_.add(image.record);
}

Work PipelineInstance::work() const { return {.items = static_cast<std::uint64_t>(options_.batch)}; }

Verdict PipelineInstance::verify() {
  if (held_ == nullptr) take();
  if (options_.scaled) {
    scaled_psnr_ =
        scaled_psnr(options_, context_.seed, held_->encoded->images, held_->values, context_.device.team());
  }
  return all_of({check_order(), check_bytes(), check_values()});
}

Verdict PipelineInstance::check_order() const {
  return Verdict::judge("every record once per epoch", static_cast<double>(audit_.faults()), 0,
                        audit_.first_fault());
}

Verdict PipelineInstance::check_bytes() const {
  double wrong = 0;
  std::string first;
  for (auto const& image : held_->encoded->images) {
    std::string const fault = hash_fault(set_, image);
    if (!fault.empty() && wrong++ == 0) first = fault;
  }
  return Verdict::judge("XXH3 of the bytes as read", wrong, 0, first);
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

/// Decoding and preprocessing share the CPUs and are one stage; reading goes on beside them.
std::optional<Bound> PipelineInstance::bound() {
  // The pipeline goes on until its queues are full; a stage is alone only after that.
  while (!pipeline_.full()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  rates_ = measure_stages(set_, options_, context_.device.team(), 0.8);
  if (rates_->read < rates_->picture) return Bound{"read_alone", rates_->read, "images/s"};
  return Bound{"decode_and_preprocess_alone", rates_->picture, "images/s"};
}

std::vector<Figure> PipelineInstance::figures() {
  if (!rates_) bound();
  double const records = static_cast<double>(set_.records.size());
  std::vector<Figure> list{{"read_alone", rates_->read, "images/s"},
                           {"decode_and_preprocess_alone", rates_->picture, "images/s"},
                           {"decode_alone", rates_->decode, "images/s"},
                           {"preprocess_alone", rates_->preprocess, "images/s"},
                           {"read_bandwidth", rates_->read_bytes, "B/s"},
                           {"decode_pixels", rates_->pixels, "pixels/s"},
                           {"records", records, ""},
                           {"mean_record_bytes", static_cast<double>(set_.bytes()) / records, "B"},
                           {"skipped_files", static_cast<double>(set_.skipped.size()), ""},
                           {"direct_io", pipeline_.reader().io() == Io::direct ? 1.0 : 0.0, ""},
                           {"engine_io_uring", pipeline_.reader().engine() == "io_uring" ? 1.0 : 0.0, ""}};
  std::ranges::move(psnr_figures(scaled_psnr_), std::back_inserter(list));
  return list;
}

namespace {

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<PipelineInstance>(params, context);
}
MakerRegistration const registration{"dataload/pipeline", &make};

}  // namespace
}  // namespace muster::dataload
