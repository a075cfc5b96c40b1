#include "kernels/cuda/versions.hpp"

#include <fmt/format.h>

#include "kernels/contract/error.hpp"

namespace muster::cuda {
namespace {

std::vector<std::pair<std::string, VersionOf>>& registered() {
  static std::vector<std::pair<std::string, VersionOf>> list;
  return list;
}

std::string version_or_none(VersionOf version) {
  try {
    return version();
  } catch (CaseError const&) {
    return {};  // no such library here: it then has no version either
  }
}

}  // namespace

VersionRegistration::VersionRegistration(std::string name, VersionOf version) {
  registered().emplace_back(std::move(name), version);
}

std::vector<std::pair<std::string, std::string>> installed_versions() {
  std::vector<std::pair<std::string, std::string>> list;
  for (auto const& [name, version] : registered()) {
    if (auto text = version_or_none(version); !text.empty()) list.emplace_back(name, std::move(text));
  }
  return list;
}

std::string version_text(std::size_t number) {
  return fmt::format("{}.{}.{}", number / 10000, number / 100 % 100, number % 100);
}

}  // namespace muster::cuda
