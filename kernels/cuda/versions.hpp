// Versions of the vendor libraries in use: whoever wraps a library adds it here, the backend lists them all.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace muster::cuda {

/// Opens the library if it was not open yet. Throws CaseError where it is missing or cannot say.
using VersionOf = std::string (*)();

/// By the name people know the library by, in the order of registration; those that are missing are left out.
std::vector<std::pair<std::string, std::string>> installed_versions();

/// "13.1.0" of 130100, as cuBLAS counts.
std::string version_text(std::size_t number);

/// `static VersionRegistration const registration{"NCCL", &nccl_version};`
struct VersionRegistration {
  VersionRegistration(std::string name, VersionOf version);
};

}  // namespace muster::cuda
