// The synthetic datasets: what ImageNet, a car's cameras and U-Net3D ask of storage.
#pragma once
#include <cstdint>
#include <memory>

#include "kernels/contract/dataset.hpp"
#include "kernels/dataload/dataset/content.hpp"

namespace muster::dataload {

/// imagenet: JPEG pictures of quality 95 whose areas are lognormal around 512 x 384 (see synthetic.hpp).
/// camera:   frames of 1280 x 960, JPEG quality 90; a sample is `frames` of each of 8 cameras, one after the
///           other.
/// unet3d:   bytes that do not compress, sizes normal with the mean and the relative spread of MLPerf
///           Storage's U-Net3D (146.6 MB, 68.3 MB), cut at a sixteenth of the mean and as far above it.
/// Every record depends on seed, profile and its number alone; shards hold the same number of records each,
/// so many that a shard has about `shard_bytes`. Throws BadInput for another profile, or one without records.
std::unique_ptr<Content> profile_content(DatasetRequest const& request);

}  // namespace muster::dataload
