// What a device's state says against it.
#pragma once
#include <string>
#include <vector>

#include "kernels/contract/device.hpp"

namespace muster {

/// "a row of the device's memory waits to be remapped (reset the device)", or that it could not be; "" where
/// neither is so.
std::string remap_fault(DeviceState const& state);

/// Why nothing should be measured on the device, "problem (why) remedy": rows to be remapped, uncorrected
/// memory errors since its driver was loaded. Source: NVIDIA's "GPU Debug Guidelines" (row remapping, reset
/// after uncorrected errors).
std::vector<std::string> device_faults(DeviceInfo const& device, DeviceState const& state);

}  // namespace muster
