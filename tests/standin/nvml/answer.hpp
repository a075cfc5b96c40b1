// How the stand-in NVML answers: an error on demand (MUSTER_STANDIN_FAIL), an error of the scenario, or the
// value.
#pragma once
#include <nvml.h>

#include <optional>

#include "tests/standin/nvml/scenario.hpp"
#include "tests/standin/support/faults.hpp"

namespace muster::standin {

/// What stands in the way of `function`.
inline std::optional<nvmlReturn_t> refusal(char const* function) {
  if (auto const status = injected(function)) return static_cast<nvmlReturn_t>(*status);
  if (suffers_from("failing")) return NVML_ERROR_UNKNOWN;
  return std::nullopt;
}

template <class T>
nvmlReturn_t answer(char const* function, T* target, T value) {
  if (auto const status = refusal(function)) return *status;
  *target = value;
  return NVML_SUCCESS;
}

}  // namespace muster::standin
