// What decoding at a reduced scale costs in quality.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/contract/workload.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/read_ahead.hpp"

namespace muster::dataload {

/// PSNR in dB of each picture of a batch that was reduced while it was decoded, against what the same crop of
/// the whole picture gives. `values`: the batch's output; `seed`: of the crops.
std::vector<double> scaled_psnr(Options const& options, std::uint64_t seed,
                                std::span<EncodedImage const> images, std::span<std::byte const> values,
                                Team& team);

/// "scaled_psnr" (median) and "scaled_psnr_min", in dB; none for no picture.
std::vector<Figure> psnr_figures(std::vector<double> decibels);

}  // namespace muster::dataload
