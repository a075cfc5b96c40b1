#include <sys/statvfs.h>

#include <algorithm>
#include <sstream>
#include <system_error>

#include "harness/record/environment_parts.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// The kernel writes blanks in mount tables as \040.
std::string decoded(std::string const& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const octal = text[i] == '\\' && i + 3 < text.size() &&
                       std::all_of(&text[i + 1], &text[i + 4], [](char c) { return c >= '0' && c <= '7'; });
    if (octal) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// "36 35 98:0 /mnt1 /mnt/parent rw,noatime master:1 - ext3 /dev/root rw": proc(5).
std::optional<Mount> mount_in(std::string const& line) {
  std::istringstream words(line);
  std::string id, parent, own_options, optional;
  Mount mount;
  words >> id >> parent >> mount.device >> mount.root >> mount.point >> own_options;
  while (words >> optional && optional != "-") {
  }
  if (!(words >> mount.filesystem >> mount.source)) return std::nullopt;
  words >> mount.options;
  for (auto* text : {&mount.root, &mount.point, &mount.source}) *text = decoded(*text);
  return mount;
}

bool holds(std::string const& point, std::string const& path) {
  if (point == "/") return path.starts_with("/");
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

fs::path nearest_existing(fs::path const& folder) {
  std::error_code failed;
  fs::path path = fs::absolute(folder);
  while (!fs::exists(path, failed) && path.has_parent_path() && path != path.parent_path())
    path = path.parent_path();
  fs::path const real = fs::canonical(path, failed);
  return failed ? path : real;
}

}  // namespace

std::vector<Mount> mounts(Roots const& roots) {
  std::vector<Mount> table;
  std::istringstream lines(file_text(roots.proc / "self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    if (auto mount = mount_in(line)) table.push_back(*std::move(mount));
  }
  return table;
}

std::optional<Mount> mount_of(std::vector<Mount> const& table, fs::path const& path) {
  std::optional<Mount> best;
  for (Mount const& mount : table) {  // of two on one point the later one covers the earlier
    bool const closer = !best || mount.point.size() >= best->point.size();
    if (holds(mount.point, path.string()) && closer) best = mount;
  }
  return best;
}

std::string block_device_model(Roots const& roots, std::string const& device) {
  fs::path const folder = roots.sys / "dev/block" / device;
  std::error_code failed;
  fs::path const real = fs::canonical(folder, failed);  // a partition lies inside the folder of its disk
  if (failed) return {};
  for (fs::path const& disk : {real, real.parent_path()}) {
    std::string const model = first_line(disk / "device" / "model");
    if (!model.empty()) return model;
  }
  return first_line(real / "dm" / "name");
}

Storage describe_storage(std::string use, fs::path const& folder, Roots const& roots) {
  Storage storage;
  fs::path const existing = nearest_existing(folder);
  storage.use = std::move(use);
  storage.path = fs::absolute(folder).lexically_normal().string();
  if (auto const mount = mount_of(mounts(roots), existing)) {
    storage.filesystem = mount->filesystem;
    storage.source = mount->source;
    storage.device_model = block_device_model(roots, mount->device);
  }
  struct statvfs info {};
  if (::statvfs(existing.c_str(), &info) == 0) {
    storage.free_bytes = std::uint64_t{info.f_bavail} * info.f_frsize;  // bavail: without root's reserve
    storage.total_bytes = std::uint64_t{info.f_blocks} * info.f_frsize;
  }
  return storage;
}

}  // namespace muster
