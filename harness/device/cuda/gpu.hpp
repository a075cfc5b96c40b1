// One GPU as the CUDA runtime and NVML describe it, without using it: no context is made, no memory taken.
#pragma once
#include <memory>

#include "harness/device/nvml/telemetry.hpp"
#include "kernels/contract/device.hpp"

namespace muster {

struct Gpu {
  DeviceInfo info;
  int major = 0, minor = 0;    ///< compute capability
  double clock_hz = 0;         ///< the highest SM clock
  double memory_clock_hz = 0;  ///< the highest
  int memory_bus_bits = 0;
  std::uint64_t cache_bytes = 0;         ///< of the L2
  std::unique_ptr<Telemetry> telemetry;  ///< null without NVML
};

/// GPUs that this process sees. Throws DeviceError without a driver, or with one that is too old.
int count_gpus();

/// `index` from 0 to count_gpus() - 1. Throws DeviceError.
Gpu describe_gpu(int index);

/// "13.0" of 13000, as cudaRuntimeGetVersion and cudaDriverGetVersion count; "none" of 0.
std::string cuda_version_text(int version);

}  // namespace muster
