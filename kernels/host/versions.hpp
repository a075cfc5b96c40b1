// Versions of the host backend's libraries: whoever uses a library adds it here, the backend lists them all.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace muster::host {

using VersionOf = std::string (*)();

/// By the name people know the library by, in the order of registration.
std::vector<std::pair<std::string, VersionOf>>& library_versions();

/// `static VersionRegistration const registration{"OpenBLAS", &openblas_version};`
struct VersionRegistration {
  VersionRegistration(std::string name, VersionOf version) {
    library_versions().emplace_back(std::move(name), version);
  }
};

}  // namespace muster::host
