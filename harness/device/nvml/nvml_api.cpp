#include "harness/device/nvml/nvml_api.hpp"

#include <dlfcn.h>

#include <mutex>

namespace muster {
namespace {

template <class Pointer>
void bind(void* library, Pointer& function, char const* name) {
  function = reinterpret_cast<Pointer>(dlsym(library, name));
}

}  // namespace

std::shared_ptr<NvmlApi const> NvmlApi::open() {
  static std::mutex mutex;
  static std::weak_ptr<NvmlApi const> current;
  std::lock_guard const lock(mutex);
  if (auto shared = current.lock()) return shared;
  std::shared_ptr<NvmlApi> fresh(new NvmlApi);
  if (!fresh->load()) return nullptr;
  current = fresh;
  return fresh;
}

NvmlApi::~NvmlApi() {
  NvmlApi::Function<> shut_down = nullptr;
  if (started_) bind(library_, shut_down, "nvmlShutdown");
  if (shut_down) shut_down();
  // The library stays open: drivers keep threads and locks of their own in it.
}

bool NvmlApi::load() {
  library_ = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library_) return false;
  Function<> start = nullptr;
  bind(library_, start, "nvmlInit_v2");
  started_ = start && start() == NVML_SUCCESS;
  bind(library_, by_uuid, "nvmlDeviceGetHandleByUUID");
  bind(library_, by_pci, "nvmlDeviceGetHandleByPciBusId_v2");
  bind(library_, driver_version, "nvmlSystemGetDriverVersion");
  bind_state();
  bind_facts();
  return started_ && (by_uuid || by_pci);
}

void NvmlApi::bind_state() {
  bind(library_, clock, "nvmlDeviceGetClockInfo");
  bind(library_, fields, "nvmlDeviceGetFieldValues");
  bind(library_, power, "nvmlDeviceGetPowerUsage");
  bind(library_, temperature, "nvmlDeviceGetTemperature");
  bind(library_, throttle_reasons, "nvmlDeviceGetCurrentClocksEventReasons");
  // Drivers before 535 know it by its old name.
  if (!throttle_reasons) bind(library_, throttle_reasons, "nvmlDeviceGetCurrentClocksThrottleReasons");
  bind(library_, energy, "nvmlDeviceGetTotalEnergyConsumption");
  bind(library_, violation, "nvmlDeviceGetViolationStatus");
  bind(library_, ecc_errors, "nvmlDeviceGetTotalEccErrors");
  bind(library_, remapped_rows, "nvmlDeviceGetRemappedRows");
  bind(library_, pcie_generation, "nvmlDeviceGetCurrPcieLinkGeneration");
  bind(library_, pcie_width, "nvmlDeviceGetCurrPcieLinkWidth");
  bind(library_, pcie_replays, "nvmlDeviceGetPcieReplayCounter");
  bind(library_, nvlink_state, "nvmlDeviceGetNvLinkState");
  bind(library_, nvlink_errors, "nvmlDeviceGetNvLinkErrorCounter");
  bind(library_, processes, "nvmlDeviceGetComputeRunningProcesses_v3");
}

void NvmlApi::bind_facts() {
  bind(library_, max_clock, "nvmlDeviceGetMaxClockInfo");
  bind(library_, application_clock, "nvmlDeviceGetApplicationsClock");
  bind(library_, default_application_clock, "nvmlDeviceGetDefaultApplicationsClock");
  bind(library_, power_limit, "nvmlDeviceGetEnforcedPowerLimit");
  bind(library_, default_power_limit, "nvmlDeviceGetPowerManagementDefaultLimit");
  bind(library_, power_limits, "nvmlDeviceGetPowerManagementLimitConstraints");
  bind(library_, vbios, "nvmlDeviceGetVbiosVersion");
  bind(library_, serial, "nvmlDeviceGetSerial");
  bind(library_, board_part_number, "nvmlDeviceGetBoardPartNumber");
  bind(library_, ecc_mode, "nvmlDeviceGetEccMode");
  bind(library_, mig_mode, "nvmlDeviceGetMigMode");
  bind(library_, persistence_mode, "nvmlDeviceGetPersistenceMode");
  bind(library_, compute_mode, "nvmlDeviceGetComputeMode");
  bind(library_, pcie_max_generation, "nvmlDeviceGetMaxPcieLinkGeneration");
  bind(library_, pcie_max_width, "nvmlDeviceGetMaxPcieLinkWidth");
  bind(library_, nvlink_version, "nvmlDeviceGetNvLinkVersion");
}

}  // namespace muster
