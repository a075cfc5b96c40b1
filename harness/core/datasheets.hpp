// What the datasheets of GPUs promise.
#pragma once
#include <array>
#include <string_view>

namespace muster {

/// What the datasheet of a part promises, where that differs from what its attributes give: sellers and other
/// tools count in percent of it.
struct Datasheet {
  std::string_view part;    ///< as the driver names it, without "NVIDIA "
  double bf16_tflops;       ///< dense, by the tensor cores
  double tensor_clock_mhz;  ///< the clock that gives the datasheet's tensor figures
  double memory_gb_per_s;
  double watts = 0;  ///< at full load; 0: not known
};

/// Sources: NVIDIA's datasheets of A100, H100 and H200; SXM forms, dense figures (without sparsity).
inline constexpr std::array datasheets{
    Datasheet{"A100-SXM4-40GB", 312, 1410, 1555, 400},
    Datasheet{"A100-SXM4-80GB", 312, 1410, 2039, 400},
    Datasheet{"H100 80GB HBM3", 989, 1830, 3350, 700},
    Datasheet{"H200", 989, 1830, 4800, 700},
};

/// Null for other parts.
inline Datasheet const* datasheet_of(std::string_view name) {
  constexpr std::string_view vendor = "NVIDIA ";
  if (name.starts_with(vendor)) name.remove_prefix(vendor.size());
  for (auto const& sheet : datasheets) {
    if (sheet.part == name) return &sheet;
  }
  return nullptr;
}

}  // namespace muster
