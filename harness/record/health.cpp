#include "harness/record/health.hpp"

#include <fmt/format.h>

namespace muster {

std::string remap_fault(DeviceState const& state) {
  if (state.remap_failed.value_or(false))
    return "a row of the device's memory could not be remapped (replace the device)";
  if (state.remap_pending.value_or(false))
    return "a row of the device's memory waits to be remapped (reset the device)";
  return "";
}

std::vector<std::string> device_faults(DeviceInfo const& device, DeviceState const& state) {
  std::vector<std::string> faults;
  auto const add = [&](std::string const& what) {
    faults.push_back(
        fmt::format("GPU {}{}: {}", device.index, device.uuid.empty() ? "" : ", " + device.uuid, what));
  };
  if (auto const fault = remap_fault(state); !fault.empty()) add(fault);
  if (auto const errors = state.uncorrected_errors.value_or(0); errors > 0)
    add(fmt::format(
        "{} uncorrected memory errors since its driver was loaded (its answers cannot be trusted) reset "
        "the device",
        errors));
  return faults;
}

}  // namespace muster
