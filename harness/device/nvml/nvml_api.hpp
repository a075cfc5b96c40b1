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

  Function<char const*, nvmlDevice_t*> by_uuid = nullptr, by_pci = nullptr;
  Function<char*, unsigned> driver_version = nullptr;
  Function<nvmlDevice_t, nvmlClockType_t, unsigned*> clock = nullptr, max_clock = nullptr,
                                                     application_clock = nullptr;
  Count power = nullptr, power_limit = nullptr;
  Function<nvmlDevice_t, nvmlTemperatureSensors_t, unsigned*> temperature = nullptr;
  Function<nvmlDevice_t, unsigned long long*> throttle_reasons = nullptr;
  Function<nvmlDevice_t, nvmlMemoryErrorType_t, nvmlEccCounterType_t, unsigned long long*> ecc_errors =
      nullptr;
  Function<nvmlDevice_t, nvmlEnableState_t*, nvmlEnableState_t*> ecc_mode = nullptr;
  Function<nvmlDevice_t, unsigned*, nvmlProcessInfo_t*> processes = nullptr;
  Count pcie_max_generation = nullptr, pcie_max_width = nullptr, pcie_generation = nullptr,
        pcie_width = nullptr;
  Function<nvmlDevice_t, unsigned*, unsigned*> mig_mode = nullptr;
  Function<nvmlDevice_t, unsigned, nvmlEnableState_t*> nvlink_state = nullptr;
  Function<nvmlDevice_t, unsigned, unsigned*> nvlink_version = nullptr;

 private:
  NvmlApi() = default;
  bool load();

  void* library_ = nullptr;
  bool started_ = false;
};

}  // namespace muster
