// Checks that the host and cuda sides share.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/contract/verdict.hpp"
#include "kernels/dataload/jpeg.hpp"
#include "kernels/dataload/preprocess.hpp"
#include "kernels/dataload/read_ahead.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::dataload {

/// Peak signal-to-noise ratio of two pictures of the same size, in dB (peak 255); 99 when they are equal.
/// -1 when the sizes differ.
double psnr(ImageView const& a, ImageView const& b);

/// Value `at` of an output, as a float.
float output_value(std::byte const* out, Output type, std::size_t at);

/// Largest |out - reference| over one picture's output beyond the rounding to its type, the reference being
/// preprocess_value of `image` and `crop`. NaN when any value of `out` is.
double preprocess_error(std::byte const* out, OutputSpec const& spec, ImageView const& image,
                        Crop const& crop);

/// Root of the mean of (out - reference)^2 over one picture: for decoders that differ from libjpeg-turbo by
/// rounding.
double preprocess_rms(std::byte const* out, OutputSpec const& spec, ImageView const& image, Crop const& crop);

/// Peak signal-to-noise ratio of two outputs of one picture in dB, as if their values were turned back into
/// 0 to 255; 99 when they are equal.
double output_psnr(std::byte const* a, std::byte const* b, OutputSpec const& spec);

/// Of preprocess_error allowed: the host's separable form rounds in another order, as contracted
/// multiply-adds do.
inline constexpr double preprocess_tolerance = 1e-4;

/// What is said of a record that has another hash than when it was indexed.
std::string wrong_bytes(RecordSet const& set, Record const& record);

/// Same bytes as when the index was made? "" or wrong_bytes().
std::string hash_fault(RecordSet const& set, EncodedImage const& image);

/// The same of a record that is read plainly for it, piece by piece. Throws DeviceError.
std::string plain_hash_fault(RecordSet const& set, std::uint32_t record);

/// What a consumer's audit has found.
Verdict check_order(EpochAudit const& audit);

/// Of a reader's batch in hand, and of all that it has read where it checks all.
Verdict check_hashes(RecordSet const& set, EncodedBatch const& batch, ReadAhead const& reader);

/// A pass with several methods is the worst of them: joins verdicts; the first failing one decides.
Verdict all_of(std::vector<Verdict> const& verdicts);

}  // namespace muster::dataload
