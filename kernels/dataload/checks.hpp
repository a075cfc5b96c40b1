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

/// Largest |out - reference| over one picture's 3 x size x size floats, the reference being preprocess_value
/// of `image`. NaN when any value of `out` is.
double preprocess_error(float const* out, ImageView const& image, int size);

/// Root of the mean of (out - reference)^2 over one picture: for decoders that differ from libjpeg-turbo by
/// rounding.
double preprocess_rms(float const* out, ImageView const& image, int size);

/// Of |out - reference| allowed: the host's separable form rounds in another order, as contracted
/// multiply-adds do.
inline constexpr double preprocess_tolerance = 1e-4;

/// What is said of a record that has another hash than when it was indexed.
std::string wrong_bytes(RecordSet const& set, Record const& record);

/// Same bytes as when the index was made? "" or wrong_bytes().
std::string hash_fault(RecordSet const& set, EncodedImage const& image);

/// The same of a record that is read plainly for it, piece by piece. Throws DeviceError.
std::string plain_hash_fault(RecordSet const& set, std::uint32_t record);

/// Of a reader's batch in hand, and of all that it has read where it checks all.
Verdict check_hashes(RecordSet const& set, EncodedBatch const& batch, ReadAhead const& reader);

/// A pass with several methods is the worst of them: joins verdicts; the first failing one decides.
Verdict all_of(std::vector<Verdict> const& verdicts);

}  // namespace muster::dataload
