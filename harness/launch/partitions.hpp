// What Slurm's partitions have: nodes, their state and GPUs, from sinfo.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// Nodes of one partition that are alike.
struct NodeGroup {
  int nodes = 0;
  std::string state;    ///< "idle", "down*": sinfo's words
  std::string gres;     ///< "gpu:a100:8(S:0-1)"; "(null)": none
  bool usable() const;  ///< could a job be given them, now or later?
};

struct Partition {
  std::string name;
  bool is_default = false;
  bool up = true;                       ///< it takes jobs
  std::optional<double> limit_seconds;  ///< longest time of a job; absent: none
  std::vector<NodeGroup> groups{};
};

/// GPUs of a node with that gres, of one kind or ("") of any.
int gpus_in(std::string_view gres, std::string_view type);

/// sinfo's answer to `partitions_format`. Lines that are something else are passed over.
std::vector<Partition> partitions_from(std::string_view answer);
inline constexpr std::string_view partitions_format = "--format=%P|%a|%l|%D|%T|%G";

/// Asks sinfo. Throws Error(infrastructure) where it does not answer, with what it says.
std::vector<Partition> ask_partitions(double deadline_seconds = 60);

}  // namespace muster
