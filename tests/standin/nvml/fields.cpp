// Stand-in for libnvidia-ml: field values, each with a status and a type of its own. Not in the older
// driver's library.
#include <nvml.h>

#include <optional>

#include "tests/standin/nvml/answer.hpp"

#ifndef MUSTER_STANDIN_NVML_OLD

using namespace muster::standin;

namespace {

constexpr unsigned hw_thermal = 270;  // NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN

std::optional<unsigned> value_of(unsigned id) {
  bool const held = suffers_from("throttling");
  switch (id) {
    case NVML_FI_DEV_MEMORY_TEMP:
      return suffers_from("no-memory-sensor") ? 0u : suffers_from("hot") ? 105u : 52u;
    case NVML_FI_DEV_POWER_INSTANT:
      return suffers_from("no-instant-power") ? std::nullopt : std::optional(250'500u);
    case NVML_FI_DEV_PERF_POLICY_POWER:
      return held ? 2'000'000'000u : 0u;
    case hw_thermal:
      return held ? 125'000'000u : 0u;
    default:
      return std::nullopt;
  }
}

void set(nvmlFieldValue_t& field, unsigned value) {
  field.valueType =
      static_cast<nvmlValueType_t>(setting("MUSTER_STANDIN_NVML_TYPE", NVML_VALUE_TYPE_UNSIGNED_INT));
  switch (field.valueType) {
    case NVML_VALUE_TYPE_DOUBLE:
      field.value.dVal = value;
      break;
    case NVML_VALUE_TYPE_UNSIGNED_LONG:
      field.value.ulVal = value;
      break;
    case NVML_VALUE_TYPE_UNSIGNED_LONG_LONG:
      field.value.ullVal = value;
      break;
    case NVML_VALUE_TYPE_SIGNED_LONG_LONG:
      field.value.sllVal = value;
      break;
    default:
      field.value.uiVal = value;
      break;
  }
}

}  // namespace

extern "C" nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t, int count, nvmlFieldValue_t* values) {
  if (auto const status = refusal(__func__)) return *status;
  for (int i = 0; i < count; ++i) {
    auto const value = value_of(values[i].fieldId);
    values[i].nvmlReturn = value ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
    if (value) set(values[i], *value);
  }
  return NVML_SUCCESS;
}

#endif
