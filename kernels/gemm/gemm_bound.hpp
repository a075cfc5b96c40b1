// What limits a product: the arithmetic, or the memory that its operands come from.
#pragma once
#include <cstdint>
#include <optional>

#include "kernels/contract/device.hpp"
#include "kernels/contract/regime.hpp"
#include "kernels/gemm/gemm_types.hpp"

namespace muster {

/// The roofline (Williams, Waterman, Patterson, CACM 2009): the lower of the peak for the type and of the
/// memory's bandwidth times the product's intensity, FLOP per byte read or written once. The A100-80's ridge
/// lies at 312e12 / 2.039e12 = 153 FLOP/B: ResNet-50's first convolution, as a plain product with 45, is
/// bound by memory. Without a bandwidth it is the peak; absent without a peak.
std::optional<Bound> roofline(Work const& work, std::optional<Bound> const& peak,
                              std::optional<Bound> const& bandwidth);

/// Of this device. `footprint`: bytes that launches go through before they touch the same again; within 4
/// times the caches (STREAM's rule) the memory sets no limit and is not asked, unless they are evicted
/// (regime cold).
std::optional<Bound> gemm_bound(GemmType type, Work const& work, Regime regime, std::uint64_t footprint,
                                Device& device);

}  // namespace muster
