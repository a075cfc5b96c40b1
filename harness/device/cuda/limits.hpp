// What a GPU could do at most, computed from its own attributes.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "harness/core/datasheets.hpp"
#include "harness/device/nvml/telemetry.hpp"
#include "kernels/contract/work.hpp"

namespace muster {

/// Dense floating-point operations that one multiprocessor finishes per clock (a multiply-add counts as two).
struct UnitRate {
  int major, minor;
  std::string_view type;
  double flops_per_clock;
  bool tensor;  ///< by the tensor cores; else by the ordinary multiply-add units
};

/// Sources: arithmetic throughput table of NVIDIA's CUDA C++ programming guide (fp32, fp64 without tensor
/// cores); datasheets divided by units and the clock they name (tensor cores), for instance A100: 312e12 /
/// (108 x 1410 MHz) = 2048, H100 SXM: 989.4e12 / (132 x 1830 MHz) = 4096, V100: 125e12 / (80 x 1530 MHz) =
/// 1024; int8 of A100: 624e12 / (108 x 1410 MHz) = 4096, of A40: 299.3e12 / (84 x 1740 MHz) = 2048; int8 and
/// fp8 of H100 SXM: 1979e12 / (132 x 1830 MHz) = 8192. Left out where one compute capability covers chips of
/// two rates (7.5: some have no tensor cores; 8.6 and 8.9: GeForce halves its fp16 rate with fp32 sums, L40
/// its int8 rate), and where no clock is published that belongs to the datasheet's figures (10.0 and later).
inline constexpr std::array unit_rates{
    UnitRate{7, 0, "fp64", 64, false},  UnitRate{7, 0, "fp32", 128, false},
    UnitRate{7, 0, "fp16", 1024, true}, UnitRate{7, 5, "fp64", 4, false},
    UnitRate{7, 5, "fp32", 128, false},

    UnitRate{8, 0, "fp64", 128, true},  UnitRate{8, 0, "fp32", 128, false},
    UnitRate{8, 0, "tf32", 1024, true}, UnitRate{8, 0, "fp16", 2048, true},
    UnitRate{8, 0, "bf16", 2048, true}, UnitRate{8, 0, "int8", 4096, true},

    UnitRate{8, 6, "fp64", 4, false},   UnitRate{8, 6, "fp32", 256, false},
    UnitRate{8, 6, "int8", 2048, true}, UnitRate{8, 9, "fp64", 4, false},
    UnitRate{8, 9, "fp32", 256, false},

    UnitRate{9, 0, "fp64", 256, true},  UnitRate{9, 0, "fp32", 256, false},
    UnitRate{9, 0, "tf32", 2048, true}, UnitRate{9, 0, "fp16", 4096, true},
    UnitRate{9, 0, "bf16", 4096, true}, UnitRate{9, 0, "int8", 8192, true},
    UnitRate{9, 0, "fp8", 8192, true},
};

/// Peak of `units` multiprocessors at `clock_hz`, the highest the GPU may run at. An H100 SXM may go to 1980
/// MHz, so this bound (1070 TFLOP/s bf16) lies above its datasheet's (989, at 1830 MHz). The fp64 of A100 and
/// H100 is that of their tensor cores, twice the ordinary units', and named so. "fp8" stands for both of its
/// formats. Absent for what the table does not hold.
inline std::optional<Bound> peak_flops_of(int major, int minor, int units, double clock_hz,
                                          std::string_view type) {
  if (type.starts_with("fp8_")) type = "fp8";
  for (auto const& rate : unit_rates) {
    if (rate.major != major || rate.minor != minor || rate.type != type) continue;
    auto const* name = rate.tensor ? "tensor_peak_at_max_clock" : "fma_peak_at_max_clock";
    return Bound{name, rate.flops_per_clock * units * clock_hz, "FLOP/s", clock_hz};
  }
  return std::nullopt;
}

/// Memory clock x bus width x 2 (data on both edges): 1593 MHz x 5120 bit gives the A100-80's 2039 GB/s. It
/// does not follow the multiprocessors' clock, so Bound::clock_hz stays 0.
inline std::optional<Bound> memory_bandwidth_of(double clock_hz, int bus_bits) {
  if (clock_hz <= 0 || bus_bits <= 0) return std::nullopt;
  return Bound{"memory_clock_x_bus_width", 2.0 * clock_hz * bus_bits / 8.0, "B/s"};
}

/// Per direction: PCIe's lanes (8 GT/s in generation 3, doubling, 128 of 130 bits carry data).
inline std::optional<Bound> host_link_bandwidth_of(Links const& links) {
  if (links.pcie_generation < 3 || links.pcie_generation > 5 || links.pcie_width <= 0) return std::nullopt;
  double const transfers = 8e9 * static_cast<double>(1 << (links.pcie_generation - 3));
  return Bound{"pcie_per_direction", transfers * links.pcie_width / 8.0 * 128.0 / 130.0, "B/s"};
}

/// Per direction: NVLink's links where any is up (20 GB/s a link in version 1, 25 in 2 to 4, 50 in 5), else
/// PCIe's lanes.
inline std::optional<Bound> link_bandwidth_of(Links const& links) {
  constexpr std::array nvlink{0.0, 20e9, 25e9, 25e9, 25e9, 50e9};
  auto const version = static_cast<std::size_t>(links.nvlink_version);
  if (links.nvlink_active > 0 && version > 0 && version < nvlink.size()) {
    return Bound{"nvlink_per_direction", nvlink[version] * links.nvlink_active, "B/s"};
  }
  return links.nvlink_active > 0 ? std::nullopt : host_link_bandwidth_of(links);
}

}  // namespace muster
