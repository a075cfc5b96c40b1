#include "harness/device/nvml/nvml_device.hpp"

namespace muster {
namespace {

std::optional<double> number_in(nvmlFieldValue_t const& field) {
  switch (field.valueType) {
    case NVML_VALUE_TYPE_DOUBLE:
      return field.value.dVal;
    case NVML_VALUE_TYPE_UNSIGNED_INT:
      return static_cast<double>(field.value.uiVal);
    case NVML_VALUE_TYPE_UNSIGNED_LONG:
      return static_cast<double>(field.value.ulVal);
    case NVML_VALUE_TYPE_UNSIGNED_LONG_LONG:
      return static_cast<double>(field.value.ullVal);
    case NVML_VALUE_TYPE_SIGNED_LONG_LONG:
      return static_cast<double>(field.value.sllVal);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::array<unsigned, 4>> NvmlDevice::remapped_rows() const {
  std::array<unsigned, 4> rows{};
  auto const function = api_->remapped_rows;
  if (!function || function(device_, &rows[0], &rows[1], &rows[2], &rows[3]) != NVML_SUCCESS)
    return std::nullopt;
  return rows;
}

std::optional<std::string> NvmlDevice::text(NvmlApi::Text function) const {
  std::array<char, 96> text{};  // the longest of NVML's texts is a part number of 80
  if (!function || function(device_, text.data(), static_cast<unsigned>(text.size())) != NVML_SUCCESS)
    return std::nullopt;
  text.back() = '\0';
  return std::string(text.data());
}

std::optional<double> NvmlDevice::field(unsigned id) const {
  nvmlFieldValue_t field{};
  field.fieldId = id;
  if (!api_->fields || api_->fields(device_, 1, &field) != NVML_SUCCESS) return std::nullopt;
  // The call succeeds when any field could be read; each has a status of its own.
  return field.nvmlReturn == NVML_SUCCESS ? number_in(field) : std::nullopt;
}

std::optional<std::vector<unsigned>> NvmlDevice::processes() const {
  if (!api_->processes) return std::nullopt;
  std::vector<nvmlProcessInfo_t> list(64);
  auto status = NVML_ERROR_INSUFFICIENT_SIZE;
  unsigned number = 0;
  // Processes come and go between one call and the next, so one larger table may not be enough.
  for (int attempt = 0; attempt < 3 && status == NVML_ERROR_INSUFFICIENT_SIZE; ++attempt) {
    number = static_cast<unsigned>(list.size());
    status = api_->processes(device_, &number, list.data());
    if (status == NVML_ERROR_INSUFFICIENT_SIZE) list.resize(number + 64);
  }
  if (status != NVML_SUCCESS) return std::nullopt;
  std::vector<unsigned> numbers;
  for (unsigned i = 0; i < number && i < list.size(); ++i) numbers.push_back(list[i].pid);
  return numbers;
}

}  // namespace muster
