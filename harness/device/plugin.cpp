#include "harness/device/plugin.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <set>

#include "harness/core/error.hpp"
#include "harness/core/plugin.hpp"
#include "harness/device/vendor_libraries.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string const& message) { throw Error(ExitCode::infrastructure, message); }

/// The library that the loader missed: its message starts "libNAME.so.N: cannot open shared object file".
/// Empty when the message is about something else.
std::string missing_library(std::string const& message) {
  auto const name = message.substr(0, message.find(':'));
  bool const is_soname = name.starts_with("lib") && name.find(".so") != std::string::npos &&
                         name.find_first_of("/ ") == std::string::npos;
  return is_soname ? name : "";
}

}  // namespace

void* open_plugin(std::string const& name, char const* entry, std::vector<fs::path> const& library_folders,
                  OpenRemedies const& remedies) {
  auto const file = find_plugin(name);
  if (file.empty()) fail(fmt::format("plug-in libmuster_{}.so not found; {}", name, remedies.plugin));
  std::set<std::string> opened;
  // The loader names one missing library at a time. Once that is in memory, its soname finds it.
  for (;;) {
    if (void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      if (void* const address = dlsym(handle, entry)) return address;
      fail(fmt::format("{} is no plug-in of muster (it has no '{}'); {}", file.string(), entry,
                       remedies.plugin));
    }
    std::string const message = dlerror();
    auto const library = missing_library(message);
    if (library.empty())
      fail(fmt::format("plug-in {} does not load ({}); {}", file.string(), message, remedies.plugin));
    auto const found = find_library(library, library_folders);
    if (!found || !opened.insert(library).second) {
      fail(fmt::format("{} not found (libmuster_{}.so needs it); {}", library, name,
                       remedies.library(library)));
    }
    if (!dlopen(found->c_str(), RTLD_NOW | RTLD_LOCAL)) {
      fail(fmt::format("{} does not load ({}); {}", found->string(), dlerror(), remedies.library(library)));
    }
  }
}

}  // namespace muster
