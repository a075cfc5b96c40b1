#include "harness/device/nvml/nvlinks.hpp"

#include <array>

namespace muster {
namespace {

/// Major version of NVML's own numbering of NVLink versions; 0 for what it does not name.
int major_version(unsigned version) {
  constexpr std::array majors{0, 1, 2, 2, 3, 3, 4, 5};
  return version < majors.size() ? majors[version] : 0;
}

void add_errors(NvmlDevice const& device, unsigned link, std::optional<std::uint64_t>& sum) {
  for (auto const counter :
       {NVML_NVLINK_ERROR_DL_REPLAY, NVML_NVLINK_ERROR_DL_RECOVERY, NVML_NVLINK_ERROR_DL_CRC_FLIT,
        NVML_NVLINK_ERROR_DL_CRC_DATA, NVML_NVLINK_ERROR_DL_ECC_DATA}) {
    if (auto const errors = device.value<unsigned long long>(device.api().nvlink_errors, link, counter))
      sum = sum.value_or(0) + *errors;
  }
}

enum class Errors { asked, left };

std::optional<NvLinks> links_of(NvmlDevice const& device, Errors errors) {
  NvLinks links;
  for (unsigned link = 0; link < NVML_NVLINK_MAX_LINKS; ++link) {
    auto const state = device.value<nvmlEnableState_t>(device.api().nvlink_state, link);
    if (!state) continue;
    ++links.present;
    // Errors of a link that has gone down count as well: they say why.
    if (errors == Errors::asked) add_errors(device, link, links.errors);
    if (*state != NVML_FEATURE_ENABLED) continue;
    ++links.active;
    links.version = major_version(device.value<unsigned>(device.api().nvlink_version, link).value_or(0));
  }
  return links.present > 0 ? std::optional(links) : std::nullopt;
}

}  // namespace

std::optional<NvLinks> nvlinks_of(NvmlDevice const& device) { return links_of(device, Errors::asked); }

std::optional<NvLinks> nvlink_states_of(NvmlDevice const& device) { return links_of(device, Errors::left); }

}  // namespace muster
