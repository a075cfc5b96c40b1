// What stays the same about a GPU while it is measured, as name and text.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "harness/device/nvml/nvml_device.hpp"

namespace muster {

/// See Telemetry::facts().
std::vector<std::pair<std::string, std::string>> nvml_facts(NvmlDevice const& device);

}  // namespace muster
