// The backends of this program: plug-ins, loaded by name.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "kernels/contract/backend.hpp"

namespace muster {

/// "host" or "cuda": loads libmuster_NAME.so from MUSTER_PLUGIN_DIR, beside the program, or ../lib of it. For
/// cuda the vendor's libraries are looked for first: loader's path, MUSTER_CUDA_LIBS, CUDA_HOME,
/// /usr/local/cuda, Python's nvidia wheels. Stays loaded until the process ends. Throws Error(usage) for
/// another name; Error(infrastructure) "problem (why) remedy" when the plug-in or a library that it needs is
/// missing, naming it.
std::unique_ptr<Backend> open_backend(std::string const& name);

/// Is there an NVIDIA device node, driver or PCI device here at all? Cheap (no library is loaded): for
/// messages and `auto`. `root` stands in for the file system's in tests.
bool nvidia_hardware_seen(std::filesystem::path const& root = "/");

}  // namespace muster
