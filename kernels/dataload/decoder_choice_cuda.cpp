#include "kernels/dataload/decoder_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "kernels/contract/race.hpp"
#include "kernels/dataload/decoded_checks_cuda.hpp"

namespace muster::cuda {

using namespace dataload;

namespace {

using Call = DecoderPlan::Call;

constexpr double timing_seconds =
    0.05;  ///< of one timing: 4 to 16 batches, that filling the GPU counts little
constexpr int fewest_beside = Load::unsettled + 4;  ///< three steps count
constexpr double race_seconds = 1, race_seconds_beside = 4;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<DecoderPlan> splits() {
  std::vector<DecoderPlan> plans;
  for (double const share : {0.4, 0.6, 0.75, 0.9}) plans.push_back({.call = Call::engine, .share = share});
  return plans;
}

/// The first is the one to beat.
std::vector<DecoderPlan> plans_for(Decoder decoder) {
  switch (decoder) {
    case Decoder::hybrid:
      return {{}};
    case Decoder::batched:
      return {{.call = Call::cores, .share = 1, .lanes = 1}};
    case Decoder::hardware:
      return {{.call = Call::engine, .share = 1, .lanes = 1}};
    case Decoder::split:
      return splits();
    case Decoder::automatic:
      break;
  }
  std::vector<DecoderPlan> plans{{},
                                 {.lanes = 2},
                                 {.call = Call::cores, .share = 1, .lanes = 1},
                                 {.call = Call::cores, .share = 0.5},
                                 {.call = Call::engine, .share = 1, .lanes = 1}};
  auto const more = splits();
  plans.insert(plans.end(), more.begin(), more.end());
  return plans;
}

/// Where crops are known, threads decode only these in all plans but the first, which is kept as it is too.
std::vector<DecoderPlan> with_regions(std::vector<DecoderPlan> const& plans) {
  std::vector<DecoderPlan> more;
  for (auto plan : plans) {
    if (more.empty() && plan.share < 1) more.push_back(plan);
    plan.region = plan.share < 1;
    more.push_back(plan);
  }
  return more;
}

class Trial {
 public:
  Trial(RecordSet const& set, std::span<EncodedImage const> sample, std::span<Crop const> crops,
        Options const& options, Context& context)
      : set_(set),
        sample_(sample),
        crops_(crops),
        device_(context.device),
        queue_(static_cast<cudaStream_t>(context.device.queue())),
        note_(context.note),
        decoder_(set, context.device.team(), static_cast<int>(sample.size()), {}),
        may_lack_engine_(options.decoder == Decoder::automatic),
        samples_of_batch_((options.batch + static_cast<int>(sample.size()) - 1) /
                          static_cast<int>(sample.size())),
        make_load_(context.load) {}

  DecoderChoice run(std::vector<DecoderPlan> const& plans) {
    for (auto const& plan : plans) {
      if (works(plan)) fit_.push_back(plan);
    }
    if (fit_.empty())
      throw DeviceError(
          "no back end of nvJPEG decodes these pictures (see the warnings) try the host backend");
    make_load();
    double const limit = load_ ? race_seconds_beside : race_seconds;
    auto const result = race(
        fit_.size(), [this](std::size_t i) { return time(fit_[i]); },
        {.rounds = 5, .limit_seconds = limit, .least_gain = 0.02}, &now);
    DecoderChoice choice{.plan = fit_[result.winner]};
    choice.why = fmt::format("the fastest of {} that were tried{}{}", fit_.size(),
                             load_ ? ", by the rate of whole steps that waited for their batches" : "",
                             why_no_engine_);
    load_.reset();
    for (std::size_t i = 0; i < fit_.size(); ++i) {
      auto const rate = result.seconds[i] > 0 ? static_cast<double>(sample_.size()) / result.seconds[i] : 0;
      if (rate > 0) choice.rates.push_back({"race_" + fit_[i].name(), rate, "images/s"});
    }
    return choice;
  }

 private:
  void make_load() {
    if (!make_load_) return;
    try {
      load_ = make_load_();
    } catch (OutOfMemory const& error) {
      note_(fmt::format("decoders are tried alone, not beside steps ({})", error.what()));
    }
  }

  /// Decodes the sample once, and looks at the pixels. A plan that cannot is left out, as one that does it
  /// wrongly is; a fault of the GPU stays one and leaves out all.
  bool works(DecoderPlan const& plan) {
    if (plan.call == Call::engine && !why_no_engine_.empty()) return false;
    try {
      decoder_.use(plan);
      return decodes(plan);
    } catch (Unsupported const& error) {
      if (!may_lack_engine_) throw;
      why_no_engine_ = fmt::format("; {}", error.what());
    } catch (CaseError const& error) {
      note_(fmt::format("left out: {} ({})", plan.text(), error.what()));
    }
    return false;
  }

  bool decodes(DecoderPlan const& plan) {
    auto const failed_before = decoder_.failures();
    auto& batch = decoder_.run(sample_, queue_, crops_);
    decoder_.done_with(batch, queue_);
    device_.wait();
    if (decoder_.failures() > failed_before) {
      note_(fmt::format("left out: {}, which cannot decode a picture ({})", plan.text(),
                        decoder_.first_failure()));
      return false;
    }
    auto const verdict = check_decoded(set_, batch, sample_, queue_);
    if (!verdict.ok()) {
      note_(fmt::format("left out: {}, whose pixels are not libjpeg-turbo's ({})", plan.text(),
                        verdict.detail));
    }
    return verdict.ok();
  }

  /// Seconds of one sample, back to back with others; beside a load, of its part of a step that waits for its
  /// batch.
  double time(DecoderPlan const& plan) {
    decoder_.use(plan);
    double const once = seconds_of(1);
    auto const times = static_cast<int>(std::clamp(std::ceil(timing_seconds / once), 4.0, 16.0));
    return load_ ? seconds_of_step(std::max(times, fewest_beside)) / samples_of_batch_ : seconds_of(times);
  }

  double seconds_of(int times) {
    double const begin = now();
    for (int i = 0; i < times; ++i) decode();
    device_.wait();
    return std::max((now() - begin) / times, 1e-9);
  }

  double seconds_of_step(int steps) {
    for (int i = 0; i < steps; ++i) {
      for (int part = 0; part < samples_of_batch_; ++part) decode();
      load_->step(queue_);
    }
    return std::max(load_->finish(), 1e-9);
  }

  void decode() { decoder_.done_with(decoder_.run(sample_, queue_, crops_), queue_); }

  RecordSet const& set_;
  std::span<EncodedImage const> sample_;
  std::span<Crop const> crops_;
  Device& device_;
  cudaStream_t queue_;
  std::function<void(std::string)> note_;
  GpuDecoder decoder_;
  bool may_lack_engine_;
  int samples_of_batch_;  ///< a sample is less than a batch where pictures are large
  std::function<std::unique_ptr<Load>()> make_load_;
  std::string why_no_engine_{};
  std::vector<DecoderPlan> fit_{};
  std::unique_ptr<Load> load_{};
};

}  // namespace

std::vector<std::pair<std::string, std::string>> DecoderChoice::facts() const {
  return {{"decoder", "nvJPEG " + nvjpeg_version() + ", " + plan.text()}, {"decoder_why", why}};
}

DecoderChoice choose_decoder(RecordSet const& set, std::span<EncodedImage const> sample,
                             std::span<Crop const> crops, Options const& options, Context& context) {
  auto plans = plans_for(options.decoder);
  if (!crops.empty()) plans = with_regions(plans);
  if (plans.size() == 1) return {.plan = plans.front(), .why = "asked for"};
  return Trial(set, sample, crops, options, context).run(plans);
}

std::vector<Figure> decoder_figures(GpuDecoder const& decoder, DecoderChoice const& choice) {
  auto figures = choice.rates;
  auto const count = [&](char const* name, std::uint64_t value) {
    figures.push_back({name, static_cast<double>(value), ""});
  };
  count("late_nvjpeg_allocations", decoder.late_allocations());
  if (choice.plan.call == Call::none) return figures;
  count("decoded_in_batches", decoder.by_call());
  count("refused_in_batches", decoder.refused_by_call());
  if (choice.plan.call != Call::engine) return figures;
  count("jpeg_engines", decoder.engines().engines);
  count("cores_per_jpeg_engine", decoder.engines().cores);
  return figures;
}

}  // namespace muster::cuda
