// Stand-in for libnvidia-ml: the library, its GPUs, and what changes from moment to moment; what stays is in
// facts.cpp. Built a second time with MUSTER_STANDIN_NVML_OLD: an older driver's library, which lacks some
// functions.
#include <nvml.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/standin/nvml/answer.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

namespace {

constexpr double watts = 250.5;
constexpr unsigned averaged_milliwatts = 240'000;
constexpr unsigned long long throttled = 0x4 | 0x40, idle = 0x1;  // sw_power_cap, hw_thermal_slowdown
constexpr unsigned links = 4;

nvmlDevice_t handle(int gpu) { return reinterpret_cast<nvmlDevice_t>(static_cast<std::uintptr_t>(gpu) + 1); }

template <class Text>
nvmlReturn_t find(char const* function, Text text_of, std::string_view wanted, nvmlDevice_t* device) {
  if (auto const status = injected(function)) return static_cast<nvmlReturn_t>(*status);
  constexpr int most = 16;
  for (int gpu = 0; gpu < most && !suffers_from("nodevices"); ++gpu) {
    if (text_of(gpu) != wanted) continue;
    *device = handle(gpu);
    return NVML_SUCCESS;
  }
  return NVML_ERROR_NOT_FOUND;
}

unsigned long long reasons_now() { return suffers_from("throttling") ? throttled : idle; }

}  // namespace

extern "C" {

nvmlReturn_t nvmlInit_v2() {
  start_anew();
  if (auto const status = injected(__func__)) return static_cast<nvmlReturn_t>(*status);
  return suffers_from("broken") || !machine().driver ? NVML_ERROR_DRIVER_NOT_LOADED : NVML_SUCCESS;
}

nvmlReturn_t nvmlShutdown() { return NVML_SUCCESS; }

nvmlReturn_t nvmlDeviceGetHandleByUUID(char const* uuid, nvmlDevice_t* device) {
  if (suffers_from("slice")) return NVML_ERROR_NOT_FOUND;  // a MIG slice's UUID is not that of a GPU
  return find(__func__, uuid_text, uuid, device);
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(char const* address, nvmlDevice_t* device) {
  return find(__func__, pci_address, address, device);
}

nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t, nvmlClockType_t type, unsigned* clock) {
  if (type == NVML_CLOCK_MEM) return answer(__func__, clock, memory_clock_mhz);
  auto const now = suffers_from("throttling") ? sm_clock_mhz / 2 : sm_clock_mhz;
  count_reading();
  return answer(__func__, clock, now);
}

nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t, unsigned* milliwatts) {
  return answer(__func__, milliwatts, averaged_milliwatts);
}

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t, nvmlTemperatureSensors_t, unsigned* celsius) {
  return answer(__func__, celsius, suffers_from("throttling") ? 91u : 45u);
}

// Both counters rise by one with every look where memory is faulty.
nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t, nvmlMemoryErrorType_t kind, nvmlEccCounterType_t,
                                         unsigned long long* errors) {
  bool const corrected = kind == NVML_MEMORY_ERROR_TYPE_CORRECTED;
  auto const first = corrected ? 12ull : 3ull;
  auto const now = suffers_from("ecc") ? first + times_before(corrected ? "corrected" : "uncorrected") : 0ull;
  return answer(__func__, errors, now);
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkGeneration(nvmlDevice_t, unsigned* value) {
  return answer(__func__, value, 1u);  // an idle GPU's
}
nvmlReturn_t nvmlDeviceGetCurrPcieLinkWidth(nvmlDevice_t, unsigned* value) {
  return answer(__func__, value, suffers_from("pcie-degraded") ? 8u : 16u);
}

// In nanoseconds; power held the clock down half a second longer at every look, heat a quarter.
nvmlReturn_t nvmlDeviceGetViolationStatus(nvmlDevice_t, nvmlPerfPolicyType_t policy,
                                          nvmlViolationTime_t* time) {
  auto held = 0ull;
  if (suffers_from("throttling") && policy == NVML_PERF_POLICY_POWER) {
    held = 500'000'000ull * (1 + times_before("power"));
  }
  if (suffers_from("throttling") && policy == NVML_PERF_POLICY_THERMAL) {
    held = 250'000'000ull * (1 + times_before("thermal"));
  }
  return answer(__func__, time, nvmlViolationTime_t{0, held});
}

#ifdef MUSTER_STANDIN_NVML_OLD

nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t, unsigned long long* reasons) {
  return answer(__func__, reasons, reasons_now());
}

#else

nvmlReturn_t nvmlDeviceGetCurrentClocksEventReasons(nvmlDevice_t, unsigned long long* reasons) {
  return answer(__func__, reasons, reasons_now());
}

// What the power would have drawn since the library was loaded, in millijoules.
nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t, unsigned long long* millijoules) {
  using Clock = std::chrono::steady_clock;
  static auto const start = Clock::now();
  double const seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return answer(__func__, millijoules, static_cast<unsigned long long>((1000 + seconds * watts) * 1e3));
}

nvmlReturn_t nvmlDeviceGetRemappedRows(nvmlDevice_t, unsigned* corrected, unsigned* uncorrected,
                                       unsigned* pending, unsigned* failed) {
  bool const remaps = suffers_from("remap");
  *corrected = remaps ? 1 : 0;
  *uncorrected = remaps ? 2 : 0;
  *pending = remaps ? 1 : 0;
  return answer(__func__, failed, suffers_from("remap-failure") ? 1u : 0u);
}

nvmlReturn_t nvmlDeviceGetPcieReplayCounter(nvmlDevice_t, unsigned* value) {
  auto const replays = suffers_from("pcie-degraded") ? 7 + 5 * times_before("replays") : 0;
  return answer(__func__, value, static_cast<unsigned>(replays));
}

nvmlReturn_t nvmlDeviceGetNvLinkState(nvmlDevice_t, unsigned link, nvmlEnableState_t* state) {
  if (link >= links || suffers_from("no-nvlink")) return NVML_ERROR_INVALID_ARGUMENT;
  bool const down = link == 2 && suffers_from("nvlink-down");
  return answer(__func__, state, down ? NVML_FEATURE_DISABLED : NVML_FEATURE_ENABLED);
}

nvmlReturn_t nvmlDeviceGetNvLinkVersion(nvmlDevice_t, unsigned, unsigned* version) {
  return answer(__func__, version, static_cast<unsigned>(NVML_NVLINK_VERSION_3_0));
}

// Link 1 replays once more at every look, and has had one CRC error.
nvmlReturn_t nvmlDeviceGetNvLinkErrorCounter(nvmlDevice_t, unsigned link, nvmlNvLinkErrorCounter_t counter,
                                             unsigned long long* errors) {
  auto now = 0ull;
  if (link == 1 && suffers_from("nvlink-errors")) {
    if (counter == NVML_NVLINK_ERROR_DL_REPLAY) now = 1 + times_before("nvlink");
    if (counter == NVML_NVLINK_ERROR_DL_CRC_DATA) now = 1;
  }
  return answer(__func__, errors, now);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t, unsigned* count, nvmlProcessInfo_t* list) {
  if (auto const status = refusal(__func__)) return *status;
  std::vector<unsigned> numbers;
  if (!suffers_from("container") && !suffers_from("hidden"))
    numbers.push_back(static_cast<unsigned>(getpid()));
  constexpr unsigned strange = 4'000'001;  // above the largest that a kernel gives by itself
  unsigned const others = suffers_from("mob")         ? 100
                          : suffers_from("crowded")   ? 2
                          : suffers_from("container") ? 1
                                                      : 0;
  for (unsigned i = 0; i < others; ++i) numbers.push_back(strange + i);
  auto const room = *count;
  *count = static_cast<unsigned>(numbers.size());
  if (numbers.size() > room) return NVML_ERROR_INSUFFICIENT_SIZE;
  for (std::size_t i = 0; i < numbers.size(); ++i) list[i].pid = numbers[i];
  return NVML_SUCCESS;
}

#endif
}
