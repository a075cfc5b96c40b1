#include "kernels/cuda/versions.hpp"

namespace muster::cuda {

std::vector<std::pair<std::string, VersionOf>>& library_versions() {
  static std::vector<std::pair<std::string, VersionOf>> list;
  return list;
}

}  // namespace muster::cuda
