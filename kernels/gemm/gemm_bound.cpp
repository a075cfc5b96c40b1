#include "kernels/gemm/gemm_bound.hpp"

namespace muster {

std::optional<Bound> roofline(Work const& work, std::optional<Bound> const& peak,
                              std::optional<Bound> const& bandwidth) {
  if (!peak || !bandwidth) return peak;
  double const intensity = static_cast<double>(work.flops) / static_cast<double>(work.bytes);
  double const by_memory = bandwidth->value * intensity;
  if (by_memory >= peak->value) return peak;
  return Bound{"memory_roofline", by_memory, peak->unit};
}

std::optional<Bound> gemm_bound(GemmType type, Work const& work, Regime regime, std::uint64_t footprint,
                                Device& device) {
  auto const peak = device.peak_flops(peak_name(type));
  if (regime != Regime::cold && footprint < 4 * device.cache_bytes()) return peak;
  return roofline(work, peak, device.memory_bandwidth());
}

}  // namespace muster
