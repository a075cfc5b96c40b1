// Options of `muster run` that say on which nodes, and by which launcher.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/plan.hpp"
#include "harness/launch/allocation.hpp"
#include "harness/launch/container.hpp"
#include "harness/launch/launcher.hpp"
#include "harness/plan/planner.hpp"

namespace CLI {
class App;
}

namespace muster {

struct NodeArguments {
  std::string launcher = "auto", hosts, mpi = "auto";
  int nodes = 0, spares = 0, gpus_per_node = 0;
  ContainerSettings container{};
};
void add_node_options(CLI::App& command, NodeArguments& arguments);

/// The nodes to use, as far as there are several to choose from; absent where the run stays on this machine,
/// or leaves it to mpirun's own settings. Throws Error(usage) for options that do not go together,
/// Error(infrastructure) where a launcher that was asked for has no nodes.
/// `on_nodes`: the run is one on nodes, also where there is only one of them.
std::optional<Allocation> nodes_of(NodeArguments const& arguments, bool on_nodes = false);

/// The same of a run that is gone on with (`saved`: its plan, from `folder`), which stays where it was: here,
/// or on nodes.
std::optional<Allocation> nodes_for(NodeArguments const& arguments, std::optional<Plan> const& saved,
                                    std::string const& folder);

/// Sets the plan's nodes, and the machine's devices where the arguments or the allocation tell how many a
/// node has. Throws Error(usage) where more nodes are wanted than there are.
void plan_for(Allocation const& allocation, NodeArguments const& arguments, Machine& machine,
              PlanOptions& options);

/// Starts workers and agents on those nodes; in the folder `lists` it may write lists of hosts. Throws
/// Error(infrastructure).
std::unique_ptr<Launcher> node_launcher(NodeArguments const& arguments, Allocation const& allocation,
                                        std::filesystem::path const& lists, int cores);

}  // namespace muster
