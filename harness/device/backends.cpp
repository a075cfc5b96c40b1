#include "harness/device/backends.hpp"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

#include "harness/core/build_info.hpp"
#include "harness/core/error.hpp"
#include "harness/core/plugin.hpp"
#include "harness/device/plugin.hpp"
#include "harness/device/vendor_libraries.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

std::string library_remedy(std::string const& soname) {
  if (!soname.starts_with("libcu")) return "install it; ./muster does so by itself";
  return "install the CUDA toolkit's libraries, or name the folder that holds them in MUSTER_CUDA_LIBS, or "
         "use --backend "
         "host";
}

std::string plugin_remedy(std::string const& name) {
  if (name != "cuda") return "build muster again, or name the folder that holds it in MUSTER_PLUGIN_DIR";
  if (!build_info().has_cuda) {
    return "this muster was built without CUDA: build it where a CUDA toolkit is, or use --backend host";
  }
  return "build muster again, or name the folder that holds it in MUSTER_PLUGIN_DIR, or use --backend host";
}

bool is_nvidia_display(fs::path const& device) {
  auto const first_word = [&](char const* file) {
    std::string word;
    std::ifstream(device / file) >> word;
    return word;
  };
  return first_word("vendor") == "0x10de" && first_word("class").starts_with("0x03");
}

}  // namespace

std::unique_ptr<Backend> open_backend(std::string const& name) {
  if (name != "host" && name != "cuda") {
    throw Error(ExitCode::usage, fmt::format("backend '{}' is not known; use host or cuda", name));
  }
  auto const folders = name == "cuda" ? vendor_library_folders() : std::vector<fs::path>{};
  auto const& plugin = *static_cast<BackendPlugin const*>(
      open_plugin(name, "muster_backend_plugin", folders, {plugin_remedy(name), &library_remedy}));
  check_plugin(name, plugin.contract_version, plugin.build);
  return std::unique_ptr<Backend>(plugin.create());
}

bool nvidia_hardware_seen(fs::path const& root) {
  std::error_code ignored;
  for (auto const* sign : {"dev/nvidiactl", "dev/nvidia0", "dev/dxg", "proc/driver/nvidia/version"}) {
    if (fs::exists(root / sign, ignored)) return true;
  }
  for (fs::directory_iterator it(root / "sys/bus/pci/devices", ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    if (is_nvidia_display(it->path())) return true;
  }
  return false;
}

}  // namespace muster
