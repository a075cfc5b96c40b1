// Documents and plans as strict JSON (finite numbers only), and back.
#pragma once
#include <string>
#include <string_view>

#include "harness/core/document.hpp"
#include "harness/core/plan.hpp"

namespace muster {

std::string to_json(
    Document const& document);  ///< indented, ends with a newline; includes Google Benchmark's rows
/// Throws Error(usage) with the position or the path of what is wrong ("cases[3].metric.unit: missing").
Document document_from_json(std::string_view text);

std::string to_json(Plan const& plan);
Plan plan_from_json(std::string_view text);

/// A machine's devices as `muster worker --probe` prints them.
struct Probe {
  std::string backend;
  std::vector<DeviceInfo> devices;
  Facts versions;
  std::string fault;  ///< why there are no devices, "problem (why) remedy"; "" where there are
  /// By device, where that was asked for; of one that cannot be opened an empty one.
  std::vector<DeviceState> states{};
  std::vector<std::string> device_faults{};  ///< why devices cannot be opened
};
std::string to_json(Probe const& probe);
Probe probe_from_json(std::string_view text);

}  // namespace muster
