#include "kernels/host/versions.hpp"

namespace muster::host {

std::vector<std::pair<std::string, VersionOf>>& library_versions() {
  static std::vector<std::pair<std::string, VersionOf>> list;
  return list;
}

}  // namespace muster::host
