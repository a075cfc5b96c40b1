#include "harness/device/host/free_memory.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

namespace {

namespace fs = std::filesystem;

constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();

std::uint64_t meminfo(fs::path const& root, std::string_view field) {
  std::ifstream file(root / "proc/meminfo");
  std::string name, unit;
  std::uint64_t kibibytes = 0;
  while (file >> name >> kibibytes) {
    std::getline(file, unit);
    if (name.size() == field.size() + 1 && name.starts_with(field)) return kibibytes * 1024;
  }
  return 0;
}

// A file that holds one number; absent where there is none or it says "max".
std::optional<std::uint64_t> number_in(fs::path const& file) {
  std::ifstream in(file);
  std::uint64_t value = 0;
  return in >> value ? std::optional(value) : std::nullopt;
}

// The value of a "name value" line; 0 where there is none.
std::uint64_t line_in(fs::path const& file, std::string_view field) {
  std::ifstream in(file);
  std::string name;
  std::uint64_t value = 0;
  while (in >> name >> value) {
    if (name == field) return value;
  }
  return 0;
}

struct Hierarchy {
  fs::path mount;
  char const* limit;
  char const* usage;
  char const* reclaimable;  // page cache that gives way, counted in the usage
};

std::uint64_t left_in(fs::path const& group, Hierarchy const& files) {
  auto const limit = number_in(group / files.limit);
  auto const usage = number_in(group / files.usage);
  if (!limit || !usage) return unlimited;
  std::uint64_t const reclaimable = line_in(group / "memory.stat", files.reclaimable);
  std::uint64_t const held = *usage - std::min(*usage, reclaimable);
  return *limit - std::min(*limit, held);
}

// The least that the group or any above it leaves. Inside a container the path may be one of the host's that
// is not there; then only the mount's root is seen, which is the container's own group.
std::uint64_t left_along(std::string_view path, Hierarchy const& files) {
  std::uint64_t left = left_in(files.mount, files);
  fs::path group = files.mount;
  for (auto const& part : fs::path(path).relative_path()) {
    group /= part;
    left = std::min(left, left_in(group, files));
  }
  return left;
}

}  // namespace

std::uint64_t free_host_memory(fs::path const& root) {
  std::uint64_t left = meminfo(root, "MemAvailable");
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    auto const first = line.find(':');
    auto const second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    std::string_view const text = line;
    auto const controllers = text.substr(first + 1, second - first - 1);
    auto const path = text.substr(second + 1);
    if (controllers.empty()) {
      left = std::min(
          left, left_along(path, {root / "sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"}));
    } else if (controllers == "memory") {
      left = std::min(left, left_along(path, {root / "sys/fs/cgroup/memory", "memory.limit_in_bytes",
                                              "memory.usage_in_bytes", "total_inactive_file"}));
    }
  }
  return left;
}

std::uint64_t total_host_memory(fs::path const& root) { return meminfo(root, "MemTotal"); }

}  // namespace muster
