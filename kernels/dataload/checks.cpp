#include "kernels/dataload/checks.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/contract/float16.hpp"

namespace muster::dataload {
namespace {

/// Largest relative change by rounding to the type.
double rounding_of(Output type) {
  switch (type) {
    case Output::float32:
      return 0;
    case Output::float16:
      return 0x1p-11;
    case Output::bfloat16:
      return 0x1p-8;
  }
  return 0;
}

/// Calls use(out, reference) for every value of one picture.
template <class Use>
void each_value(std::byte const* out, OutputSpec const& spec, ImageView const& image, Crop const& crop,
                Use&& use) {
  std::size_t at = 0;
  for (int channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < spec.size; ++y) {
      for (int x = 0; x < spec.size; ++x) {
        use(static_cast<double>(output_value(out, spec.type, at++)),
            static_cast<double>(preprocess_value(image, crop, spec.filter, spec.size, channel, y, x)));
      }
    }
  }
}

}  // namespace

double psnr(ImageView const& a, ImageView const& b) {
  if (a.width != b.width || a.height != b.height) return -1;
  double sum = 0;
  for (int y = 0; y < a.height; ++y) {
    auto const* const left = a.pixels + static_cast<std::size_t>(y) * a.pitch;
    auto const* const right = b.pixels + static_cast<std::size_t>(y) * b.pitch;
    for (int i = 0; i < 3 * a.width; ++i) sum += (left[i] - right[i]) * (left[i] - right[i]);
  }
  if (sum == 0) return 99;
  double const mean = sum / (3.0 * a.width * a.height);
  return std::min(99.0, 10 * std::log10(255.0 * 255.0 / mean));
}

float output_value(std::byte const* out, Output type, std::size_t at) {
  if (type == Output::float32) {
    float value = 0;
    std::memcpy(&value, out + at * sizeof value, sizeof value);
    return value;
  }
  std::uint16_t bits = 0;
  std::memcpy(&bits, out + at * sizeof bits, sizeof bits);
  return type == Output::float16 ? from_fp16(bits) : from_bf16(bits);
}

double preprocess_error(std::byte const* out, OutputSpec const& spec, ImageView const& image,
                        Crop const& crop) {
  double worst = 0;
  double const rounding = rounding_of(spec.type);
  each_value(out, spec, image, crop, [&](double value, double reference) {
    double const error = std::abs(value - reference) - rounding * std::abs(reference);
    if (!(error <= worst)) worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  });
  return std::isinf(worst) ? std::numeric_limits<double>::quiet_NaN() : worst;
}

double preprocess_rms(std::byte const* out, OutputSpec const& spec, ImageView const& image,
                      Crop const& crop) {
  double sum = 0;
  each_value(out, spec, image, crop,
             [&](double value, double reference) { sum += (value - reference) * (value - reference); });
  return std::sqrt(sum / static_cast<double>(spec.values()));
}

double output_psnr(std::byte const* a, std::byte const* b, OutputSpec const& spec) {
  double sum = 0;
  for (std::size_t at = 0; at < spec.values(); ++at) {
    double const scale = channel_scale(static_cast<int>(at / (spec.values() / 3)));
    double const levels = (output_value(a, spec.type, at) - output_value(b, spec.type, at)) / scale;
    sum += levels * levels;
  }
  if (sum == 0) return 99;
  return std::min(99.0, 10 * std::log10(255.0 * 255.0 * static_cast<double>(spec.values()) / sum));
}

std::string wrong_bytes(RecordSet const& set, Record const& record) {
  return "bytes differ from those that were indexed: " + describe(set, record);
}

std::string hash_fault(RecordSet const& set, EncodedImage const& image) {
  auto const record = set.records[image.record];
  if (hash_of(image.bytes) == record.hash) return {};
  return wrong_bytes(set, record);
}

std::string plain_hash_fault(RecordSet const& set, std::uint32_t number) {
  constexpr std::uint64_t piece = std::uint64_t{8} << 20;
  auto const record = set.records[number];
  RunningHash hash;
  for (std::uint64_t done = 0; done < record.length; done += piece) {
    Record part = record;
    part.offset += done;
    part.length = std::min(piece, record.length - done);
    hash.add(read_plainly(set, part));
  }
  if (hash.value() == record.hash) return {};
  return wrong_bytes(set, record);
}

Verdict check_order(EpochAudit const& audit) {
  return Verdict::judge("every record once per epoch", static_cast<double>(audit.faults()), 0,
                        audit.first_fault());
}

Verdict check_hashes(RecordSet const& set, EncodedBatch const& batch, ReadAhead const& reader) {
  if (auto const* const check = reader.check(); check != nullptr && check->wrong() > 0)
    return Verdict::judge("XXH3 of all records as read", static_cast<double>(check->wrong()), 0,
                          check->first_fault());
  double wrong = 0;
  std::string first;
  for (auto const& image : batch.images) {
    std::string const fault = hash_fault(set, image);
    if (!fault.empty() && wrong++ == 0) first = fault;
  }
  bool const all = reader.check() != nullptr;
  return Verdict::judge(all ? "XXH3 of all records as read" : "XXH3 of the bytes as read", wrong, 0, first);
}

Verdict all_of(std::vector<Verdict> const& verdicts) {
  std::string methods;
  for (auto const& verdict : verdicts) {
    if (!verdict.ok()) return verdict;
    methods += (methods.empty() ? "" : "; ") + verdict.method;
  }
  Verdict joined = verdicts.back();
  joined.method = methods;
  return joined;
}

}  // namespace muster::dataload
