#include "harness/device/cpu_topology.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>

namespace muster {
namespace {

namespace fs = std::filesystem;

/// The number that `text` begins with; `fallback` where it begins with none.
int leading_number(std::string_view text, int fallback) {
  int number = fallback;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// "0,64" or "0-1" in the file: 0.
int first_number_in(fs::path const& file, int fallback) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return leading_number(line, fallback);
}

/// From the link "node1" in the CPU's folder.
int node_of(fs::path const& cpu) {
  constexpr std::string_view prefix = "node";
  std::error_code unknown;  // no such folder: the node stays unknown
  for (auto const& entry : fs::directory_iterator(cpu, unknown)) {
    auto const name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    int const node = leading_number(std::string_view(name).substr(prefix.size()), -1);
    if (node >= 0) return node;
  }
  return -1;
}

CpuPlace place_of(int cpu, fs::path const& root) {
  auto const folder = root / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu));
  // Kernels before 5.2 have the second file only.
  int const core = first_number_in(folder / "topology/core_cpus_list",
                                   first_number_in(folder / "topology/thread_siblings_list", cpu));
  return {cpu, core, node_of(folder)};
}

}  // namespace

std::vector<CpuPlace> cpu_places(std::vector<int> const& cpus, fs::path const& root) {
  std::vector<CpuPlace> places;
  for (int const cpu : cpus) places.push_back(place_of(cpu, root));
  std::ranges::stable_sort(
      places, {}, [](CpuPlace const& place) { return std::tuple(place.node, place.core, place.cpu); });
  return places;
}

std::vector<int> by_core(std::vector<int> const& cpus, fs::path const& root) {
  std::vector<int> order;
  for (auto const& place : cpu_places(cpus, root)) order.push_back(place.cpu);
  return order;
}

std::vector<int> one_per_core(std::vector<int> const& cpus, fs::path const& root) {
  std::vector<int> first;
  auto places = cpu_places(cpus, root);
  auto const same_core = [](CpuPlace const& a, CpuPlace const& b) {
    return a.node == b.node && a.core == b.core;
  };
  places.erase(std::unique(places.begin(), places.end(), same_core), places.end());
  for (auto const& place : places) first.push_back(place.cpu);
  return first;
}

}  // namespace muster
