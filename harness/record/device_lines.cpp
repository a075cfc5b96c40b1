#include "harness/record/device_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/record/fields.hpp"
#include "harness/record/json_archive.hpp"

namespace muster {
namespace {

struct DeviceEntry {
  int device = 0;
  DeviceHistory history{};
};

void fields(auto& a, Is<DeviceEntry> auto& v) {
  auto& h = v.history;
  std::vector<std::pair<std::string, double>> throttled(h.throttled_seconds.begin(),
                                                        h.throttled_seconds.end());
  a("device", v.device);
  a("window_seconds", h.seconds);
  a.when(h.corrected > 0, "corrected_errors", h.corrected);
  a.when(h.uncorrected > 0, "uncorrected_errors", h.uncorrected);
  a.when(h.remapped_uncorrected > 0, "remapped_uncorrected", h.remapped_uncorrected);
  a.when(h.remap_pending, "remap_pending", h.remap_pending);
  a.when(h.remap_failed, "remap_failed", h.remap_failed);
  a.when(!throttled.empty(), "throttled_seconds", throttled);
  a("pcie_generation", h.transfer_generation);
  a("pcie_width", h.pcie_width);
  a("pcie_max_width", h.pcie_max_width);
  a.when(h.pcie_replays > 0, "pcie_replays", h.pcie_replays);
  a("nvlinks_active", h.nvlinks_active);
  a("nvlinks_present", h.nvlinks_present);
  a.when(h.nvlink_errors > 0, "nvlink_errors", h.nvlink_errors);
  a.when(h.other_processes > 0, "other_processes", h.other_processes);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(v)>>)
    h.throttled_seconds = {throttled.begin(), throttled.end()};
}

struct DeviceLine {
  int launch = 0;
  std::vector<DeviceEntry> devices{};
};

void fields(auto& a, Is<DeviceLine> auto& v) {
  a("launch", v.launch);
  a("devices", v.devices);
}

}  // namespace

void DeviceLines::add(RankFigures const& rank, std::string_view workload) {
  add_rank(by_launch_[rank.launch][rank.device], rank, is_transfer(workload));
}

std::string DeviceLines::text() const {
  std::string text;
  for (auto const& [launch, devices] : by_launch_) {
    DeviceLine line{launch};
    for (auto const& [device, history] : devices) line.devices.push_back({device, history});
    text += compact(encode(line, Path())) + '\n';
  }
  return text;
}

std::map<int, DeviceHistory> read_device_lines(std::string_view text) {
  std::map<int, DeviceHistory> devices;
  for (int number = 1; !text.empty(); ++number) {
    auto const line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) continue;
    try {
      DeviceLine read;
      decode(parse_json(line), Path(), read);
      for (auto const& [device, history] : read.devices) add_history(devices[device], history);
    } catch (Error const& error) {
      throw Error(error.exit_code, fmt::format("line {}: {}", number, error.what()));
    }
  }
  return devices;
}

}  // namespace muster
