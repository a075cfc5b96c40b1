#include "harness/device/nvml/telemetry.hpp"

#include <unistd.h>

#include <array>

#include "harness/device/nvml/nvlinks.hpp"
#include "harness/device/nvml/nvml_device.hpp"
#include "harness/device/nvml/nvml_facts.hpp"
#include "harness/device/nvml/processes.hpp"

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

/// A counter of time in which something held the clock down. NVML gave it by policy; from CUDA 14 on it does
/// so by field alone. The clock that is too low for want of work (NVML_PERF_POLICY_LOW_UTILIZATION) is left
/// out.
struct Limiter {
  char const* name;
  std::optional<nvmlPerfPolicyType_t> policy;
  unsigned field;
};

/// The last two fields are of drivers since 2025, so older headers have no name for them (nvml.h of CUDA 13:
/// NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN and _HW_POWER_BRAKE_SLOWDOWN).
constexpr std::array limiters{
    Limiter{"power", NVML_PERF_POLICY_POWER, NVML_FI_DEV_PERF_POLICY_POWER},
    Limiter{"thermal", NVML_PERF_POLICY_THERMAL, NVML_FI_DEV_PERF_POLICY_THERMAL},
    Limiter{"sync_boost", NVML_PERF_POLICY_SYNC_BOOST, NVML_FI_DEV_PERF_POLICY_SYNC_BOOST},
    Limiter{"board_limit", NVML_PERF_POLICY_BOARD_LIMIT, NVML_FI_DEV_PERF_POLICY_BOARD_LIMIT},
    Limiter{"reliability", NVML_PERF_POLICY_RELIABILITY, NVML_FI_DEV_PERF_POLICY_RELIABILITY},
    Limiter{"hw_thermal", std::nullopt, 270},
    Limiter{"hw_power_brake", std::nullopt, 271},
};

template <class Number>
std::optional<double> scaled(std::optional<Number> number, double factor) {
  if (!number) return std::nullopt;
  return static_cast<double>(*number) * factor;
}

template <class To, class From>
std::optional<To> as(std::optional<From> number) {
  if (!number) return std::nullopt;
  return static_cast<To>(*number);
}

class NvmlTelemetry final : public Telemetry {
 public:
  NvmlTelemetry(std::shared_ptr<NvmlApi const> api, nvmlDevice_t device) : gpu_(std::move(api), device) {}

  DeviceState pulse() override {
    DeviceState state;
    state.clock_hz = scaled(clock(api().clock, NVML_CLOCK_SM), 1e6);
    state.memory_clock_hz = scaled(clock(api().clock, NVML_CLOCK_MEM), 1e6);
    state.power_watts = power_watts();
    state.temperature_c = as<double>(gpu_.value<unsigned>(api().temperature, NVML_TEMPERATURE_GPU));
    state.memory_temperature_c = memory_temperature();
    state.throttle_reasons = throttle_reasons();
    return state;
  }

  DeviceState state() override {
    DeviceState state = pulse();
    state.energy_joules = scaled(gpu_.value<unsigned long long>(api().energy), 1e-3);
    state.throttled_seconds = throttled_seconds();
    state.corrected_errors = memory_errors(NVML_MEMORY_ERROR_TYPE_CORRECTED);
    state.uncorrected_errors = memory_errors(NVML_MEMORY_ERROR_TYPE_UNCORRECTED);
    add_remapped_rows(state);
    state.pcie_generation = as<int>(gpu_.count(api().pcie_generation));
    state.pcie_width = as<int>(gpu_.count(api().pcie_width));
    state.pcie_max_width = as<int>(gpu_.count(api().pcie_max_width));
    state.pcie_replays = as<std::uint64_t>(gpu_.count(api().pcie_replays));
    if (auto const links = nvlinks_of(gpu_)) {
      state.nvlinks_active = links->active;
      state.nvlinks_present = links->present;
      state.nvlink_errors = links->errors;
    }
    if (auto const listed = gpu_.processes()) {
      state.other_processes =
          other_processes(*listed, static_cast<unsigned>(getpid()), has_host_process_numbers());
    }
    return state;
  }

  std::optional<double> max_clock_hz() override { return scaled(clock(api().max_clock, NVML_CLOCK_SM), 1e6); }
  std::optional<double> max_memory_clock_hz() override {
    return scaled(clock(api().max_clock, NVML_CLOCK_MEM), 1e6);
  }

  Links links() override {
    auto const nvlinks = nvlink_states_of(gpu_).value_or(NvLinks{});
    return {.nvlink_active = nvlinks.active,
            .nvlink_version = nvlinks.version,
            .pcie_generation = static_cast<int>(gpu_.count(api().pcie_max_generation).value_or(0)),
            .pcie_width = static_cast<int>(gpu_.count(api().pcie_max_width).value_or(0)),
            .nvlinks = nvlinks.present};
  }

  std::vector<std::pair<std::string, std::string>> facts() override { return nvml_facts(gpu_); }

 private:
  NvmlApi const& api() const { return gpu_.api(); }

  std::optional<unsigned> clock(NvmlApi::Function<nvmlDevice_t, nvmlClockType_t, unsigned*> function,
                                nvmlClockType_t which) const {
    return gpu_.value<unsigned>(function, which);
  }

  /// The averaged power of A100 and H100 comes of samples that cover a quarter of the time (arXiv
  /// 2312.02741), so the instant one is taken where there is one.
  std::optional<double> power_watts() const {
    if (auto const instant = gpu_.field(NVML_FI_DEV_POWER_INSTANT)) return scaled(instant, 1e-3);
    return scaled(gpu_.count(api().power), 1e-3);
  }

  /// Memory without a sensor reads 0.
  std::optional<double> memory_temperature() const {
    auto const celsius = gpu_.field(NVML_FI_DEV_MEMORY_TEMP);
    return celsius && *celsius > 0 ? celsius : std::nullopt;
  }

  std::vector<std::string> throttle_reasons() const {
    auto const active = gpu_.value<unsigned long long>(api().throttle_reasons).value_or(0);
    std::vector<std::string> names;
    for (auto const& reason : reasons) {
      if (active & reason.bit) names.emplace_back(reason.name);
    }
    return names;
  }

  /// Both ways of asking give nanoseconds.
  std::optional<double> nanoseconds(Limiter const& limiter) const {
    if (limiter.policy) {
      if (auto const time = gpu_.value<nvmlViolationTime_t>(api().violation, *limiter.policy))
        return static_cast<double>(time->violationTime);
    }
    return gpu_.field(limiter.field);
  }

  std::vector<std::pair<std::string, double>> throttled_seconds() const {
    std::vector<std::pair<std::string, double>> list;
    for (auto const& limiter : limiters) {
      if (auto const time = nanoseconds(limiter)) list.emplace_back(limiter.name, *time * 1e-9);
    }
    return list;
  }

  std::optional<std::uint64_t> memory_errors(nvmlMemoryErrorType_t kind) const {
    return as<std::uint64_t>(gpu_.value<unsigned long long>(api().ecc_errors, kind, NVML_VOLATILE_ECC));
  }

  void add_remapped_rows(DeviceState& state) const {
    auto const rows = gpu_.remapped_rows();
    if (!rows) return;
    auto const [corrected, uncorrected, pending, failed] = *rows;
    state.remapped_corrected = corrected;
    state.remapped_uncorrected = uncorrected;
    state.remap_pending = pending != 0;
    state.remap_failed = failed != 0;
  }

  NvmlDevice gpu_;
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
