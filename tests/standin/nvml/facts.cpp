// Stand-in for libnvidia-ml: what stays the same about a GPU.
#include <nvml.h>

#include <cstdio>

#include "tests/standin/nvml/answer.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

namespace {

[[maybe_unused]] unsigned clock_mhz(nvmlClockType_t type) {
  return type == NVML_CLOCK_MEM ? memory_clock_mhz : sm_clock_mhz;
}

nvmlReturn_t answer_text(char const* function, char* target, unsigned length, char const* text) {
  if (auto const status = refusal(function)) return *status;
  auto const written = std::snprintf(target, length, "%s", text);
  return written < static_cast<int>(length) ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE;
}

}  // namespace

extern "C" {

nvmlReturn_t nvmlSystemGetDriverVersion(char* version, unsigned length) {
  return answer_text(__func__, version, length, "580.00-standin");
}

nvmlReturn_t nvmlDeviceGetMaxClockInfo(nvmlDevice_t, nvmlClockType_t type, unsigned* clock) {
  return answer(__func__, clock, clock_mhz(type));
}

nvmlReturn_t nvmlDeviceGetApplicationsClock(nvmlDevice_t, nvmlClockType_t type, unsigned* clock) {
  return answer(__func__, clock, clock_mhz(type));
}

nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t, unsigned* milliwatts) {
  return answer(__func__, milliwatts, 300000u);
}

nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t, nvmlEnableState_t* current, nvmlEnableState_t* pending) {
  *pending = suffers_from("ecc-off-next") ? NVML_FEATURE_DISABLED : NVML_FEATURE_ENABLED;
  return answer(__func__, current, NVML_FEATURE_ENABLED);
}

nvmlReturn_t nvmlDeviceGetMaxPcieLinkGeneration(nvmlDevice_t, unsigned* value) {
  return answer(__func__, value, 4u);
}
nvmlReturn_t nvmlDeviceGetMaxPcieLinkWidth(nvmlDevice_t, unsigned* value) {
  return answer(__func__, value, 16u);
}

#ifndef MUSTER_STANDIN_NVML_OLD

nvmlReturn_t nvmlDeviceGetDefaultApplicationsClock(nvmlDevice_t, nvmlClockType_t type, unsigned* clock) {
  return answer(__func__, clock, clock_mhz(type));
}

nvmlReturn_t nvmlDeviceGetPowerManagementDefaultLimit(nvmlDevice_t, unsigned* milliwatts) {
  return answer(__func__, milliwatts, 350000u);
}

nvmlReturn_t nvmlDeviceGetPowerManagementLimitConstraints(nvmlDevice_t, unsigned* least, unsigned* most) {
  *least = 100000;
  return answer(__func__, most, 400000u);
}

nvmlReturn_t nvmlDeviceGetVbiosVersion(nvmlDevice_t, char* text, unsigned length) {
  return answer_text(__func__, text, length, "92.00.45.00.05");
}

nvmlReturn_t nvmlDeviceGetSerial(nvmlDevice_t, char* text, unsigned length) {
  return answer_text(__func__, text, length, "1320221000000");
}

nvmlReturn_t nvmlDeviceGetBoardPartNumber(nvmlDevice_t, char* text, unsigned length) {
  return answer_text(__func__, text, length, "692-2G506-0200-003");
}

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t, unsigned* current, unsigned* pending) {
  *pending = 0;
  return answer(__func__, current, 0u);
}

nvmlReturn_t nvmlDeviceGetPersistenceMode(nvmlDevice_t, nvmlEnableState_t* mode) {
  return answer(__func__, mode, NVML_FEATURE_ENABLED);
}

nvmlReturn_t nvmlDeviceGetComputeMode(nvmlDevice_t, nvmlComputeMode_t* mode) {
  return answer(__func__, mode,
                suffers_from("exclusive") ? NVML_COMPUTEMODE_EXCLUSIVE_PROCESS : NVML_COMPUTEMODE_DEFAULT);
}

#endif
}
