#include "harness/device/vendor_libraries.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <system_error>

namespace muster {
namespace {

namespace fs = std::filesystem;

/// Folders as they are found; those that do not exist, or came before, are left out.
class Folders {
 public:
  void add(fs::path const& folder) {
    std::error_code ignored;  // a folder that cannot be read is no candidate
    if (!fs::is_directory(folder, ignored)) return;
    if (std::ranges::find(found_, folder) == found_.end()) found_.push_back(folder);
  }
  void add_toolkit(fs::path const& root) {
    for (auto const* sub : {"lib64", "lib", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib"})
      add(root / sub);
  }
  /// nvidia/cublas/lib, nvidia/nccl/lib, ... (CUDA 12's wheels) and nvidia/cu13/lib.
  void add_site_packages(fs::path const& site) {
    for (auto const& package : subfolders(site / "nvidia")) add(package / "lib");
  }
  /// A Python prefix: lib/python3.X/site-packages, or dist-packages as Debian calls it.
  void add_python(fs::path const& prefix) {
    for (auto const& version : subfolders(prefix / "lib")) {
      if (!version.filename().string().starts_with("python3")) continue;
      for (auto const* name : {"site-packages", "dist-packages"}) add_site_packages(version / name);
    }
  }
  std::vector<fs::path> take() { return std::move(found_); }

 private:
  static std::vector<fs::path> subfolders(fs::path const& folder) {
    std::error_code ignored;
    std::vector<fs::path> list;
    for (fs::directory_iterator it(folder, ignored), end; !ignored && it != end; it.increment(ignored)) {
      list.push_back(it->path());
    }
    std::ranges::sort(list);
    return list;
  }
  std::vector<fs::path> found_;
};

std::string variable(char const* name) {
  char const* value = std::getenv(name);
  return value ? value : "";
}

std::vector<fs::path> split_path(std::string const& list) {
  std::vector<fs::path> parts;
  std::istringstream stream(list);
  for (std::string part; std::getline(stream, part, ':');) {
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

/// Prefixes of the python3 that PATH names first: as it is called (a virtual environment) and as it really
/// lies.
void add_path_python(Folders& folders) {
  for (auto const& bin : split_path(variable("PATH"))) {
    std::error_code error;
    fs::path const program = bin / "python3";
    if (!fs::exists(program, error)) continue;
    folders.add_python(bin.parent_path());
    fs::path const real = fs::canonical(program, error);
    if (!error) folders.add_python(real.parent_path().parent_path());
  }
}

}  // namespace

std::vector<fs::path> vendor_library_folders() {
  Folders folders;
  for (auto const& folder : split_path(variable("MUSTER_CUDA_LIBS"))) folders.add(folder);
  for (auto const* name : {"CUDA_HOME", "CUDA_PATH"}) {
    if (auto const root = variable(name); !root.empty()) folders.add_toolkit(root);
  }
  folders.add_toolkit("/usr/local/cuda");
  for (auto const* name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    if (auto const prefix = variable(name); !prefix.empty()) folders.add_python(prefix);
  }
  add_path_python(folders);
  if (auto const home = variable("HOME"); !home.empty()) folders.add_python(fs::path(home) / ".local");
  for (auto const* prefix : {"/usr/local", "/usr"}) folders.add_python(prefix);
  return folders.take();
}

std::optional<fs::path> find_library(std::string const& soname, std::vector<fs::path> const& folders) {
  for (auto const& folder : folders) {
    std::error_code ignored;
    if (fs::exists(folder / soname, ignored)) return folder / soname;
  }
  return std::nullopt;
}

}  // namespace muster
