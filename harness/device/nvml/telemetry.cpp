#include "harness/device/nvml/telemetry.hpp"

#include <fmt/format.h>

#include <array>

#include "harness/device/nvml/nvml_api.hpp"

namespace muster {
namespace {

struct Reason {
  unsigned long long bit;
  char const* name;
};

/// NVML's clock-event reasons that lower the clock; idle is left out. The bits are NVML's own (nvml.h).
constexpr std::array reasons{
    Reason{0x002, "application_clocks_setting"},
    Reason{0x004, "sw_power_cap"},
    Reason{0x008, "hw_slowdown"},
    Reason{0x010, "sync_boost"},
    Reason{0x020, "sw_thermal_slowdown"},
    Reason{0x040, "hw_thermal_slowdown"},
    Reason{0x080, "hw_power_brake_slowdown"},
    Reason{0x100, "display_clock_setting"},
};

/// Major version of NVML's own numbering of NVLink versions; 0 for what it does not name.
int nvlink_major(unsigned version) {
  constexpr std::array majors{0, 1, 2, 2, 3, 3, 4, 5};
  return version < majors.size() ? majors[version] : 0;
}

class NvmlTelemetry final : public Telemetry {
 public:
  NvmlTelemetry(std::shared_ptr<NvmlApi const> api, nvmlDevice_t device)
      : api_(std::move(api)), device_(device) {}

  DeviceState state() override {
    DeviceState state;
    state.clock_hz = scaled(clock(api_->clock, NVML_CLOCK_SM), 1e6);
    state.memory_clock_hz = scaled(clock(api_->clock, NVML_CLOCK_MEM), 1e6);
    state.power_watts = scaled(count(api_->power), 1e-3);
    state.temperature_c = scaled(value<unsigned>(api_->temperature, NVML_TEMPERATURE_GPU), 1.0);
    state.throttle_reasons = throttle_reasons();
    state.uncorrected_errors =
        value<unsigned long long>(api_->ecc_errors, NVML_MEMORY_ERROR_TYPE_UNCORRECTED, NVML_VOLATILE_ECC);
    state.other_processes = other_processes();
    return state;
  }

  std::optional<double> max_clock_hz() override { return scaled(clock(api_->max_clock, NVML_CLOCK_SM), 1e6); }

  Links links() override {
    Links links;
    links.pcie_generation = static_cast<int>(count(api_->pcie_max_generation).value_or(0));
    links.pcie_width = static_cast<int>(count(api_->pcie_max_width).value_or(0));
    for (unsigned link = 0; link < NVML_NVLINK_MAX_LINKS; ++link) {
      if (value<nvmlEnableState_t>(api_->nvlink_state, link) != NVML_FEATURE_ENABLED) continue;
      ++links.nvlink_active;
      links.nvlink_version = nvlink_major(value<unsigned>(api_->nvlink_version, link).value_or(0));
    }
    return links;
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    std::vector<std::pair<std::string, std::string>> facts;
    auto const add = [&](char const* name, auto const& known, auto text) {
      if (known) facts.emplace_back(name, text(*known));
    };
    auto const whole = [](unsigned number) { return std::to_string(number); };
    add("driver", driver(), [](std::string const& version) { return version; });
    add("max_sm_clock_mhz", clock(api_->max_clock, NVML_CLOCK_SM), whole);
    add("max_memory_clock_mhz", clock(api_->max_clock, NVML_CLOCK_MEM), whole);
    add("application_sm_clock_mhz", clock(api_->application_clock, NVML_CLOCK_SM), whole);
    add("power_limit_watts", count(api_->power_limit),
        [](unsigned mw) { return fmt::format("{:g}", 1e-3 * mw); });
    add("ecc", first_of_two<nvmlEnableState_t>(api_->ecc_mode), on_off);
    add("mig", first_of_two<unsigned>(api_->mig_mode), on_off);
    add_links(facts);
    return facts;
  }

 private:
  static std::string on_off(unsigned enabled) { return enabled ? "on" : "off"; }

  template <class Number>
  static std::optional<double> scaled(std::optional<Number> number, double factor) {
    if (!number) return std::nullopt;
    return static_cast<double>(*number) * factor;
  }

  /// What a function of the table gives for this GPU; absent when the driver has no such function or
  /// declines.
  template <class T, class... Parameters, class... Arguments>
  std::optional<T> value(nvmlReturn_t (*function)(nvmlDevice_t, Parameters...),
                         Arguments... arguments) const {
    T result{};
    if (!function || function(device_, arguments..., &result) != NVML_SUCCESS) return std::nullopt;
    return result;
  }
  std::optional<unsigned> count(NvmlApi::Count function) const { return value<unsigned>(function); }
  std::optional<unsigned> clock(NvmlApi::Function<nvmlDevice_t, nvmlClockType_t, unsigned*> function,
                                nvmlClockType_t which) const {
    return value<unsigned>(function, which);
  }
  /// Of a pair "current, pending": the current one.
  template <class T>
  std::optional<T> first_of_two(NvmlApi::Function<nvmlDevice_t, T*, T*> function) const {
    T current{}, pending{};
    if (!function || function(device_, &current, &pending) != NVML_SUCCESS) return std::nullopt;
    return current;
  }

  std::optional<std::string> driver() const {
    char version[NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE] = "";
    if (!api_->driver_version || api_->driver_version(version, sizeof version) != NVML_SUCCESS)
      return std::nullopt;
    return version;
  }

  std::vector<std::string> throttle_reasons() const {
    auto const active = value<unsigned long long>(api_->throttle_reasons).value_or(0);
    std::vector<std::string> names;
    for (auto const& reason : reasons) {
      if (active & reason.bit) names.emplace_back(reason.name);
    }
    return names;
  }

  /// Whoever asks has the GPU open, so one of the processes is this one: NVML gives it the host's number,
  /// which in a container is not getpid().
  std::optional<int> other_processes() const {
    std::array<nvmlProcessInfo_t, 64> processes{};
    auto number = static_cast<unsigned>(processes.size());
    if (!api_->processes) return std::nullopt;
    auto const status = api_->processes(device_, &number, processes.data());
    // With more processes than fit, NVML says only how many there are.
    if (status != NVML_SUCCESS && status != NVML_ERROR_INSUFFICIENT_SIZE) return std::nullopt;
    return number > 0 ? static_cast<int>(number) - 1 : 0;
  }

  void add_links(std::vector<std::pair<std::string, std::string>>& facts) {
    auto const links = this->links();
    if (links.pcie_generation && links.pcie_width) {
      auto const now = fmt::format("gen {} x{}", count(api_->pcie_generation).value_or(0),
                                   count(api_->pcie_width).value_or(0));
      facts.emplace_back("pcie", fmt::format("gen {} x{} at most, {} when asked", links.pcie_generation,
                                             links.pcie_width, now));
    }
    auto const version =
        links.nvlink_version ? fmt::format(", version {}", links.nvlink_version) : std::string();
    facts.emplace_back("nvlink", fmt::format("{} active{}", links.nvlink_active, version));
  }

  std::shared_ptr<NvmlApi const> api_;
  nvmlDevice_t device_;
};

}  // namespace

std::unique_ptr<Telemetry> open_telemetry(std::string const& uuid, std::string const& pci) {
  auto api = NvmlApi::open();
  if (!api) return nullptr;
  nvmlDevice_t device = nullptr;
  bool const known = (api->by_uuid && api->by_uuid(uuid.c_str(), &device) == NVML_SUCCESS) ||
                     (api->by_pci && api->by_pci(pci.c_str(), &device) == NVML_SUCCESS);
  return known ? std::make_unique<NvmlTelemetry>(std::move(api), device) : nullptr;
}

}  // namespace muster
