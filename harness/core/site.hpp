// What is particular to a cluster when a job is handed to its Slurm: read by plan/, used by app/.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace muster {

/// How a job asks Slurm for GPUs.
enum class GpuRequest {
  per_node,  ///< --gpus-per-node
  gres,      ///< --gres=gpu:N
  none       ///< not at all: Slurm does not know of them, or there are none
};

struct Site {
  std::string name;     ///< the file's, without .toml
  std::string summary;  ///< free text, for people
  // Who and where; "" is left to Slurm.
  std::string partition, account, qos, reservation, constraint, exclude, nodelist;
  std::optional<double> seconds;  ///< to ask for; absent: what the plan needs
  // How much of each node.
  GpuRequest gpus = GpuRequest::per_node;
  std::string gpu_type;  ///< "a100"; "" for any
  int gpus_per_node = 8;
  bool exclusive = true;
  std::optional<int> cpus;  ///< of each node, where nodes are shared
  std::string memory;       ///< of each node; "": all of it where nodes are exclusive, else as Slurm has it
  // How the run starts its steps.
  std::string launcher = "srun";
  std::string mpi = "auto";
  std::string container_runtime = "none", container_image;
  std::vector<std::string> container_mounts;
  // What is there before the run.
  std::vector<std::string> modules;
  std::vector<std::pair<std::string, std::string>> environment;  ///< free text as values
  std::string program;       ///< as compute nodes see it; "": where this one lies
  std::string broadcast;     ///< the bundle's archive that is copied to every node; "": none is
  std::string local_folder;  ///< of every node, for that copy and for what the results folder cannot take
};

}  // namespace muster
