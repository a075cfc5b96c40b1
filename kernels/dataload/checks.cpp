#include "kernels/dataload/checks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace muster::dataload {
namespace {

/// Calls use(|out - reference|) for every value of one picture.
template <class Use>
void each_error(float const* out, ImageView const& image, int size, Use&& use) {
  std::size_t at = 0;
  for (int channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        use(std::abs(static_cast<double>(out[at++]) - preprocess_value(image, size, channel, y, x)));
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

double preprocess_error(float const* out, ImageView const& image, int size) {
  double worst = 0;
  each_error(out, image, size, [&](double error) {
    if (!(error <= worst)) worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  });
  return std::isinf(worst) ? std::numeric_limits<double>::quiet_NaN() : worst;
}

double preprocess_rms(float const* out, ImageView const& image, int size) {
  double sum = 0;
  each_error(out, image, size, [&](double error) { sum += error * error; });
  return std::sqrt(sum / (3.0 * size * size));
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
