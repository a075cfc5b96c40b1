// Where NVIDIA's libraries may lie beyond the loader's own path: toolkits, and the wheels that Python
// environments hold.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace muster {

/// Existing folders, in this order: those of MUSTER_CUDA_LIBS (colon-separated), of CUDA_HOME and CUDA_PATH,
/// of /usr/local/cuda, then nvidia/*/lib of every Python environment in sight (VIRTUAL_ENV, CONDA_PREFIX,
/// every python3 in PATH, the user's and the system's site-packages). Reads folders only; a few milliseconds.
std::vector<std::filesystem::path> vendor_library_folders();

/// The first of `folders` that holds `soname` ("libcudart.so.13"), as the whole path.
std::optional<std::filesystem::path> find_library(std::string const& soname,
                                                  std::vector<std::filesystem::path> const& folders);

}  // namespace muster
