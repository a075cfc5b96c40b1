// The container that a step's program runs in: through srun (pyxis), or by a program of its own (Apptainer).
#pragma once
#include <string>
#include <vector>

namespace muster {

enum class ContainerRuntime { none, pyxis, apptainer };

/// How steps are started; the supervisor itself runs outside, on the first node.
struct ContainerSettings {
  ContainerRuntime runtime = ContainerRuntime::none;
  /// pyxis: [USER@][REGISTRY#]IMAGE[:TAG] or the path of a squashfs file; Apptainer: a path or SCHEME://...
  std::string image{};
  std::vector<std::string> mounts{};  ///< SOURCE:TARGET or SOURCE:TARGET:FLAGS
};

/// What srun is told of the container: options of its plug-in pyxis; none for another runtime.
std::vector<std::string> container_srun_options(ContainerSettings const& settings);

/// `argv` as a node starts it: behind the program that enters the container (Apptainer); as it is for another
/// runtime. GPUs of the node are visible inside.
std::vector<std::string> inside_container(ContainerSettings const& settings, std::vector<std::string> argv);

}  // namespace muster
