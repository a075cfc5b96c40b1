// dataload/decode on the host: libjpeg-turbo on every thread of the team.
#include "kernels/dataload/decode_host.hpp"

#include <algorithm>
#include <memory>

#include "kernels/contract/backend.hpp"
#include "kernels/dataload/checks.hpp"

namespace muster::dataload {
namespace {

constexpr std::size_t encoded_memory = std::size_t{512} << 20;

}  // namespace

DecodeInstance::DecodeInstance(Params const& params, Context& context)
    : options_(options_from(params)),
      set_(open_records(options_, context)),
      stage_(set_, context.device.team(), encoded_memory, options_.scaled) {
  require_host_decoder(options_);
}

void DecodeInstance::launch() {
  stage_.run(options_.batch);
  launched_ = true;
}

Work DecodeInstance::work() const { return {.items = static_cast<std::uint64_t>(options_.batch)}; }

/// What the threads decoded last, against a fresh decoder that reads the file again: at least 40 dB.
Verdict DecodeInstance::verify() {
  if (!launched_) launch();
  if (stage_.failures() > 0) {
    return Verdict::judge("decode", static_cast<double>(stage_.failures()), 0, stage_.first_failure());
  }
  constexpr double least_db = 40, most_db = 99;
  double worst = most_db;
  std::string where;
  for (auto const& last : stage_.last()) {
    if (!last.any) continue;
    auto const& record = set_.records[last.picture];
    auto const bytes = read_plainly(set_, record);
    if (hash_of(bytes) != record.hash || hash_of(stage_.encoded(last.picture)) != record.hash) {
      return Verdict::judge("XXH3 of the bytes", 1, 0,
                            "bytes differ from those that were indexed: " + describe(set_, record));
    }
    JpegDecoder decoder;
    ImageBuffer again;
    std::string const why = decoder.decode(bytes, again, stage_.reduction(last.picture));
    double const db = why.empty() ? psnr(last.image.view(), again.view()) : -1;
    if (db < worst) where = describe(set_, record);
    worst = std::min(worst, db);
  }
  return Verdict::judge("99 dB less the PSNR against a second decode", most_db - worst, most_db - least_db,
                        where);
}

std::vector<Figure> DecodeInstance::figures() {
  double const records = static_cast<double>(set_.records.size());
  return {{"mean_pixels", static_cast<double>(set_.pixels()) / records, "pixels"},
          {"mean_record_bytes", static_cast<double>(set_.bytes()) / records, "B"},
          {"records", static_cast<double>(stage_.pictures()), ""},
          {"skipped_files", static_cast<double>(set_.skipped.size()), ""}};
}

namespace {

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<DecodeInstance>(params, context);
}
MakerRegistration const registration{"dataload/decode", &make};

}  // namespace
}  // namespace muster::dataload
