// Stand-in for libnvidia-ml. MUSTER_STANDIN_NVML chooses the scenario:
//   healthy (default)   a GPU in good order
//   throttling          at half its clock, held back by power and heat
//   ecc                 three uncorrected memory errors
//   crowded             two further processes compute on the GPU
//   failing             it starts, and every query fails
//   nodevices           it starts, and knows no GPU
//   broken              it does not start
// Built a second time with MUSTER_STANDIN_NVML_OLD: an older driver's library, which lacks some functions.
#include <nvml.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/standin/support/faults.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

namespace {

std::string_view scenario() {
  char const* const value = std::getenv("MUSTER_STANDIN_NVML");
  return value ? value : "healthy";
}

nvmlDevice_t handle(int gpu) { return reinterpret_cast<nvmlDevice_t>(static_cast<std::uintptr_t>(gpu) + 1); }

template <class T>
nvmlReturn_t answer(char const* function, T* target, T value) {
  if (auto const status = injected(function)) return static_cast<nvmlReturn_t>(*status);
  if (scenario() == "failing") return NVML_ERROR_UNKNOWN;
  *target = value;
  return NVML_SUCCESS;
}

template <class Text>
nvmlReturn_t find(char const* function, Text text_of, std::string_view wanted, nvmlDevice_t* device) {
  if (auto const status = injected(function)) return static_cast<nvmlReturn_t>(*status);
  constexpr int most = 16;
  for (int gpu = 0; gpu < most && scenario() != "nodevices"; ++gpu) {
    if (text_of(gpu) != wanted) continue;
    *device = handle(gpu);
    return NVML_SUCCESS;
  }
  return NVML_ERROR_NOT_FOUND;
}

unsigned clock_mhz(nvmlClockType_t type) { return type == NVML_CLOCK_MEM ? memory_clock_mhz : sm_clock_mhz; }

}  // namespace

extern "C" {

nvmlReturn_t nvmlInit_v2() {
  if (auto const status = injected(__func__)) return static_cast<nvmlReturn_t>(*status);
  return scenario() == "broken" || !machine().driver ? NVML_ERROR_DRIVER_NOT_LOADED : NVML_SUCCESS;
}

nvmlReturn_t nvmlShutdown() { return NVML_SUCCESS; }

nvmlReturn_t nvmlSystemGetDriverVersion(char* version, unsigned length) {
  if (auto const status = injected(__func__)) return static_cast<nvmlReturn_t>(*status);
  if (scenario() == "failing") return NVML_ERROR_UNKNOWN;
  std::snprintf(version, length, "580.00-standin");
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetHandleByUUID(char const* uuid, nvmlDevice_t* device) {
  return find(__func__, uuid_text, uuid, device);
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(char const* address, nvmlDevice_t* device) {
  return find(__func__, pci_address, address, device);
}

nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t, nvmlClockType_t type, unsigned* clock) {
  bool const slow = scenario() == "throttling" && type == NVML_CLOCK_SM;
  return answer(__func__, clock, slow ? clock_mhz(type) / 2 : clock_mhz(type));
}

nvmlReturn_t nvmlDeviceGetMaxClockInfo(nvmlDevice_t, nvmlClockType_t type, unsigned* clock) {
  return answer(__func__, clock, clock_mhz(type));
}

nvmlReturn_t nvmlDeviceGetApplicationsClock(nvmlDevice_t, nvmlClockType_t type, unsigned* clock) {
  return answer(__func__, clock, clock_mhz(type));
}

nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t, unsigned* milliwatts) {
  return answer(__func__, milliwatts, 250500u);
}

nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t, unsigned* milliwatts) {
  return answer(__func__, milliwatts, 300000u);
}

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t, nvmlTemperatureSensors_t, unsigned* celsius) {
  return answer(__func__, celsius, scenario() == "throttling" ? 91u : 45u);
}

nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t, nvmlMemoryErrorType_t, nvmlEccCounterType_t,
                                         unsigned long long* errors) {
  return answer(__func__, errors, scenario() == "ecc" ? 3ull : 0ull);
}

nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t, nvmlEnableState_t* current, nvmlEnableState_t* pending) {
  *pending = NVML_FEATURE_ENABLED;
  return answer(__func__, current, NVML_FEATURE_ENABLED);
}

nvmlReturn_t nvmlDeviceGetMaxPcieLinkGeneration(nvmlDevice_t, unsigned* value) {
  return answer(__func__, value, 4u);
}
nvmlReturn_t nvmlDeviceGetMaxPcieLinkWidth(nvmlDevice_t, unsigned* value) {
  return answer(__func__, value, 16u);
}
nvmlReturn_t nvmlDeviceGetCurrPcieLinkGeneration(nvmlDevice_t, unsigned* value) {
  return answer(__func__, value, 1u);
}
nvmlReturn_t nvmlDeviceGetCurrPcieLinkWidth(nvmlDevice_t, unsigned* value) {
  return answer(__func__, value, 16u);
}

namespace {
constexpr unsigned long long throttled =
    nvmlClocksEventReasonSwPowerCap | nvmlClocksThrottleReasonHwThermalSlowdown;
constexpr unsigned long long idle = nvmlClocksEventReasonGpuIdle;
}  // namespace

#ifdef MUSTER_STANDIN_NVML_OLD

nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t, unsigned long long* reasons) {
  return answer(__func__, reasons, scenario() == "throttling" ? throttled : idle);
}

#else

nvmlReturn_t nvmlDeviceGetCurrentClocksEventReasons(nvmlDevice_t, unsigned long long* reasons) {
  return answer(__func__, reasons, scenario() == "throttling" ? throttled : idle);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t, unsigned* count, nvmlProcessInfo_t*) {
  // The one that asks is among them. Only the count matters to the caller.
  return answer(__func__, count, scenario() == "crowded" ? 3u : 1u);
}

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t, unsigned* current, unsigned* pending) {
  *pending = 0;
  return answer(__func__, current, 0u);
}

nvmlReturn_t nvmlDeviceGetNvLinkState(nvmlDevice_t, unsigned link, nvmlEnableState_t* state) {
  return answer(__func__, state, link < 4 ? NVML_FEATURE_ENABLED : NVML_FEATURE_DISABLED);
}

nvmlReturn_t nvmlDeviceGetNvLinkVersion(nvmlDevice_t, unsigned, unsigned* version) {
  return answer(__func__, version, static_cast<unsigned>(NVML_NVLINK_VERSION_3_0));
}

#endif
}
