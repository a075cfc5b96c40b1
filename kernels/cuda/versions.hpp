// Versions of the vendor libraries in use: whoever wraps a library adds it here, the backend lists them all.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace muster::cuda {

using VersionOf = std::string (*)();  ///< "" where the library is missing

/// By the name people know the library by, in the order of registration.
std::vector<std::pair<std::string, VersionOf>>& library_versions();

/// `static VersionRegistration const registration{"NCCL", &nccl_version};`
struct VersionRegistration {
  VersionRegistration(std::string name, VersionOf version) {
    library_versions().emplace_back(std::move(name), version);
  }
};

}  // namespace muster::cuda
