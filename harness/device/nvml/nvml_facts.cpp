#include "harness/device/nvml/nvml_facts.hpp"

#include <fmt/format.h>

#include <array>

#include "harness/device/nvml/nvlinks.hpp"

namespace muster {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

std::string whole(unsigned number) { return std::to_string(number); }
std::string itself(std::string const& text) { return text; }
std::string watts(unsigned milliwatts) { return fmt::format("{:g}", 1e-3 * milliwatts); }
std::string on_off(unsigned enabled) { return enabled ? "on" : "off"; }

std::string mode_name(unsigned mode) {
  constexpr std::array names{"default", "exclusive_thread", "prohibited", "exclusive_process"};
  return mode < names.size() ? names[mode] : whole(mode);
}

/// "on", or "on, off after a restart" while a change waits for the GPU's next reset.
std::string now_and_pending(std::pair<unsigned, unsigned> const& modes) {
  auto const now = on_off(modes.first);
  return modes.first == modes.second ? now : fmt::format("{}, {} after a restart", now, on_off(modes.second));
}

template <class Known, class Text>
void add(Facts& facts, char const* name, Known const& known, Text text) {
  if (known) facts.emplace_back(name, text(*known));
}

std::optional<std::string> driver(NvmlApi const& api) {
  std::array<char, NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE> version{};
  if (!api.driver_version || api.driver_version(version.data(), version.size()) != NVML_SUCCESS)
    return std::nullopt;
  return std::string(version.data());
}

void add_board(Facts& facts, NvmlDevice const& device) {
  add(facts, "driver", driver(device.api()), itself);
  add(facts, "vbios", device.text(device.api().vbios), itself);
  add(facts, "serial", device.text(device.api().serial), itself);
  add(facts, "board_part_number", device.text(device.api().board_part_number), itself);
}

void add_clocks(Facts& facts, NvmlDevice const& device) {
  auto const clock = [&](auto function, nvmlClockType_t type) {
    return device.value<unsigned>(function, type);
  };
  auto const& api = device.api();
  add(facts, "max_sm_clock_mhz", clock(api.max_clock, NVML_CLOCK_SM), whole);
  add(facts, "max_memory_clock_mhz", clock(api.max_clock, NVML_CLOCK_MEM), whole);
  add(facts, "application_sm_clock_mhz", clock(api.application_clock, NVML_CLOCK_SM), whole);
  add(facts, "application_memory_clock_mhz", clock(api.application_clock, NVML_CLOCK_MEM), whole);
  add(facts, "default_application_sm_clock_mhz", clock(api.default_application_clock, NVML_CLOCK_SM), whole);
}

void add_power(Facts& facts, NvmlDevice const& device) {
  auto const& api = device.api();
  add(facts, "power_limit_watts", device.count(api.power_limit), watts);
  add(facts, "default_power_limit_watts", device.count(api.default_power_limit), watts);
  if (auto const limits = device.pair(api.power_limits)) {
    facts.emplace_back("min_power_limit_watts", watts(limits->first));
    facts.emplace_back("max_power_limit_watts", watts(limits->second));
  }
  bool const instant = device.field(NVML_FI_DEV_POWER_INSTANT).has_value();
  if (instant || device.count(api.power))
    facts.emplace_back("power_reading", instant ? "instant" : "as averaged by the driver");
}

void add_modes(Facts& facts, NvmlDevice const& device) {
  auto const& api = device.api();
  auto const both = [](auto const& modes) {
    return now_and_pending({static_cast<unsigned>(modes.first), static_cast<unsigned>(modes.second)});
  };
  add(facts, "ecc", device.pair(api.ecc_mode), both);
  add(facts, "mig", device.pair(api.mig_mode), both);
  add(facts, "persistence_mode", device.value<nvmlEnableState_t>(api.persistence_mode), on_off);
  add(facts, "compute_mode", device.value<nvmlComputeMode_t>(api.compute_mode), mode_name);
}

void add_pcie(Facts& facts, NvmlDevice const& device) {
  auto const& api = device.api();
  auto const generation = device.count(api.pcie_max_generation), width = device.count(api.pcie_max_width);
  add(facts, "pcie_max_generation", generation, whole);
  add(facts, "pcie_max_width", width, whole);
  if (!generation || !width) return;
  facts.emplace_back("pcie", fmt::format("gen {} x{} at most, gen {} x{} when asked", *generation, *width,
                                         device.count(api.pcie_generation).value_or(0),
                                         device.count(api.pcie_width).value_or(0)));
}

void add_nvlinks(Facts& facts, NvmlDevice const& device) {
  auto const links = nvlink_states_of(device).value_or(NvLinks{});
  auto const down = links.active < links.present ? fmt::format(" of {}", links.present) : std::string();
  auto const version = links.version ? fmt::format(", version {}", links.version) : std::string();
  facts.emplace_back("nvlink", fmt::format("{}{} active{}", links.active, down, version));
}

}  // namespace

Facts nvml_facts(NvmlDevice const& device) {
  Facts facts;
  add_board(facts, device);
  add_clocks(facts, device);
  add_power(facts, device);
  add_modes(facts, device);
  add_pcie(facts, device);
  add_nvlinks(facts, device);
  return facts;
}

}  // namespace muster
