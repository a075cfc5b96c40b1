// NVML's functions, found by name in the driver's library.
#pragma once
#include <nvml.h>

#include <memory>

namespace muster {

/// A null member is a function that this driver does not have. Opened and initialised by the constructor,
/// shut down by the destructor.
class NvmlApi {
 public:
  /// Shared by all who use it at the same time; null where there is no NVML, or it does not start.
  static std::shared_ptr<NvmlApi const> open();

  NvmlApi(NvmlApi const&) = delete;
  NvmlApi& operator=(NvmlApi const&) = delete;
  ~NvmlApi();

  template <class... Arguments>
  using Function = nvmlReturn_t (*)(Arguments...);
  using Count = Function<nvmlDevice_t, unsigned*>;

  using Text = Function<nvmlDevice_t, char*, unsigned>;
  template <class T>
  using Pair = Function<nvmlDevice_t, T*, T*>;

  Function<char const*, nvmlDevice_t*> by_uuid = nullptr, by_pci = nullptr;
  Function<char*, unsigned> driver_version = nullptr;

  // What changes from moment to moment.
  Function<nvmlDevice_t, nvmlClockType_t, unsigned*> clock = nullptr;
  Function<nvmlDevice_t, int, nvmlFieldValue_t*> fields = nullptr;
  Count power = nullptr;
  Function<nvmlDevice_t, nvmlTemperatureSensors_t, unsigned*> temperature = nullptr;
  Function<nvmlDevice_t, unsigned long long*> throttle_reasons = nullptr;

  // Counters and conditions.
  Function<nvmlDevice_t, unsigned long long*> energy = nullptr;
  Function<nvmlDevice_t, nvmlPerfPolicyType_t, nvmlViolationTime_t*> violation = nullptr;
  Function<nvmlDevice_t, nvmlMemoryErrorType_t, nvmlEccCounterType_t, unsigned long long*> ecc_errors =
      nullptr;
  Function<nvmlDevice_t, unsigned*, unsigned*, unsigned*, unsigned*> remapped_rows = nullptr;
  Count pcie_generation = nullptr, pcie_width = nullptr, pcie_replays = nullptr;
  Function<nvmlDevice_t, unsigned, nvmlEnableState_t*> nvlink_state = nullptr;
  Function<nvmlDevice_t, unsigned, nvmlNvLinkErrorCounter_t, unsigned long long*> nvlink_errors = nullptr;
  Function<nvmlDevice_t, unsigned*, nvmlProcessInfo_t*> processes = nullptr;

  // What stays, or changes only when an operator changes it.
  Function<nvmlDevice_t, nvmlClockType_t, unsigned*> max_clock = nullptr, application_clock = nullptr,
                                                     default_application_clock = nullptr;
  Count power_limit = nullptr, default_power_limit = nullptr;
  Pair<unsigned> power_limits = nullptr;  ///< lowest and highest that may be set
  Text vbios = nullptr, serial = nullptr, board_part_number = nullptr;
  Pair<nvmlEnableState_t> ecc_mode = nullptr;
  Pair<unsigned> mig_mode = nullptr;
  Function<nvmlDevice_t, nvmlEnableState_t*> persistence_mode = nullptr;
  Function<nvmlDevice_t, nvmlComputeMode_t*> compute_mode = nullptr;
  Count pcie_max_generation = nullptr, pcie_max_width = nullptr;
  Function<nvmlDevice_t, unsigned, unsigned*> nvlink_version = nullptr;

 private:
  NvmlApi() = default;
  bool load();
  void bind_state();
  void bind_facts();

  void* library_ = nullptr;
  bool started_ = false;
};

}  // namespace muster
