// Checks of what the GPU decoded and preprocessed, against libjpeg-turbo and the per-value formula.
#pragma once
#include <cuda_runtime_api.h>

#include <span>

#include "kernels/contract/device.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/dataload/gpu_decoder.hpp"

namespace muster::cuda {

/// Two decoders agree to rounding when their PSNR is at least this.
inline constexpr double decoders_agree_db = 40;

/// Up to 32 pictures of `batch` that the call decoded and 32 that the lanes did, evenly spread, against
/// libjpeg-turbo: with its interpolation of colours and without (which of the two nvJPEG's back ends follow
/// is their own affair), whichever is nearer. `images` is what the batch was made of. The work must be done.
Verdict check_decoded(dataload::RecordSet const& set, DecodedBatch const& batch,
                      std::span<dataload::EncodedImage const> images, cudaStream_t stream);

/// What was asked for, with the seed of the crops.
struct Preprocessing {
  dataload::Options options;
  std::uint64_t seed;

  dataload::Crop crop(dataload::RecordSet const& set, dataload::EncodedImage const& image) const;
};

/// The preprocessed pictures of `batch`, found in `values` (host memory, one picture after the other) by
/// their index, against the formula applied to the pixels that were decoded: of the same pictures as above.
Verdict check_preprocessed(dataload::RecordSet const& set, DecodedBatch const& batch,
                           std::span<dataload::EncodedImage const> images, std::byte const* values,
                           Preprocessing const& asked, cudaStream_t stream);

/// Every picture of `values` against the formula applied to libjpeg-turbo's pixels, interpolated in either
/// way: the root of the mean square of the differences, at most what decoders_agree_db leaves.
Verdict check_batch(dataload::RecordSet const& set, std::span<dataload::EncodedImage const> images,
                    std::byte const* values, Preprocessing const& asked, Team& team);

}  // namespace muster::cuda
