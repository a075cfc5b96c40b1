// One GPU as NVML knows it: every answer is optional, since drivers differ in the functions they have and
// GPUs in the questions they answer.
#pragma once
#include <nvml.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/device/nvml/nvml_api.hpp"

namespace muster {

class NvmlDevice {
 public:
  NvmlDevice(std::shared_ptr<NvmlApi const> api, nvmlDevice_t device)
      : api_(std::move(api)), device_(device) {}

  NvmlApi const& api() const { return *api_; }

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

  /// Of functions that fill several numbers at once, in their order.
  template <class T>
  std::optional<std::pair<T, T>> pair(NvmlApi::Pair<T> function) const {
    T first{}, second{};
    if (!function || function(device_, &first, &second) != NVML_SUCCESS) return std::nullopt;
    return std::pair(first, second);
  }
  std::optional<std::array<unsigned, 4>> remapped_rows() const;

  std::optional<std::string> text(NvmlApi::Text function) const;

  /// A field value (the constants NVML_FI_...) as a number.
  std::optional<double> field(unsigned id) const;

  /// Process numbers, as the host counts them, of whoever computes on the GPU. Absent when NVML does not say.
  std::optional<std::vector<unsigned>> processes() const;

 private:
  std::shared_ptr<NvmlApi const> api_;
  nvmlDevice_t device_;
};

}  // namespace muster
