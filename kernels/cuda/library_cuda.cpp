#include "kernels/cuda/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kernels/contract/error.hpp"

namespace muster::cuda {
namespace {

struct Opened {
  void* handle = nullptr;
  std::string name;
};

/// By the loader's rules first; then by whole path, since a vendor's wheel is on nobody's path.
Opened open_first(std::vector<std::string> const& sonames) {
  for (auto const& soname : sonames) {
    if (void* const handle = dlopen(soname.c_str(), RTLD_NOW | RTLD_LOCAL)) return {handle, soname};
  }
  for (auto const& folder : library_folders()) {
    for (auto const& soname : sonames) {
      auto const file = (folder / soname).string();
      if (void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return {handle, file};
    }
  }
  return {};
}

}  // namespace

std::vector<std::filesystem::path>& library_folders() {
  static std::vector<std::filesystem::path> folders;
  return folders;
}

Library::Library(std::vector<std::string> const& sonames, std::string remedy) : remedy_(std::move(remedy)) {
  auto [handle, name] = open_first(sonames);
  if (!handle) throw Unsupported(fmt::format("{} not found; {}", fmt::join(sonames, " or "), remedy_));
  handle_ = handle;
  name_ = std::move(name);
}

void* Library::address_or_null(char const* name) const { return dlsym(handle_, name); }

void* Library::address(char const* name) const {
  if (void* const found = address_or_null(name)) return found;
  throw Unsupported(fmt::format("{} is too old (it has no {}); {}", name_, name, remedy_));
}

}  // namespace muster::cuda
