// What NVML says of one GPU. NVML comes with the driver and is opened when first wanted.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/device.hpp"

namespace muster {

/// How a GPU is tied to the others of its node and to the host, as far as NVML says.
struct Links {
  int nvlink_active = 0;   ///< links that are up
  int nvlink_version = 0;  ///< major version of these; 0: none is up
  int pcie_generation = 0,
      pcie_width = 0;  ///< the most that GPU and slot agree on: idle GPUs run slower; 0: unknown
  int nvlinks = 0;     ///< links that the GPU has, up or down
};

class Telemetry {
 public:
  virtual ~Telemetry() = default;
  /// As Device::state(). A figure that this GPU does not give is left out. Some 130 questions on a GPU with
  /// 18 links: milliseconds.
  virtual DeviceState state() = 0;
  /// As Device::pulse(): any thread, any time (NVML's functions are thread-safe). Six questions.
  virtual DeviceState pulse() = 0;
  virtual std::optional<double> max_clock_hz() = 0;  ///< the SM clock's upper limit
  virtual std::optional<double> max_memory_clock_hz() = 0;
  virtual Links links() = 0;
  /// driver, VBIOS, board, clocks, power limits, modes, links: as name and text, without those that are
  /// unknown. Clocks that `nvidia-smi -lgc` locked are not among them: NVML sets them but does not tell them.
  virtual std::vector<std::pair<std::string, std::string>> facts() = 0;
};

/// NVML's view of the GPU with this UUID ("GPU-..."), or at this PCI address where NVML knows no such UUID (a
/// MIG slice: the whole GPU then). Null where NVML is missing, does not start or does not know the GPU.
std::unique_ptr<Telemetry> open_telemetry(std::string const& uuid, std::string const& pci);

}  // namespace muster
