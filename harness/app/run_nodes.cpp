#include "harness/app/run_nodes.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>

#include "harness/app/container_options.hpp"
#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/group/group.hpp"
#include "harness/launch/srun_launcher.hpp"
#include "harness/plan/ranks.hpp"
#include "harness/record/environment_parts.hpp"

namespace muster {
namespace {

[[noreturn]] void usage(std::string const& message) { throw Error(ExitCode::usage, message); }

void check(NodeArguments const& arguments) {
  if (!arguments.hosts.empty() && arguments.launcher == "srun")
    usage("--hosts goes with mpirun (srun starts processes on the nodes of its job) leave one of them away");
  if (arguments.launcher == "direct" && (!arguments.hosts.empty() || arguments.nodes > 1))
    usage(
        "--launcher direct starts processes on this machine alone (--hosts or --nodes ask for others) leave "
        "it away");
  check_container(arguments.container);
}

/// Journals are called by nodes' own short names.
void check_names(Allocation const& allocation) {
  std::map<std::string, std::string> seen;
  for (auto const& node : allocation.nodes) {
    auto const [other, fresh] = seen.try_emplace(safe_host_name(node.name), node.name);
    if (!fresh)
      usage(fmt::format(
          "the nodes {} and {} cannot be told apart (both are {} up to the first dot) leave one out",
          other->second, node.name, other->first));
  }
}

/// One node's job is an ordinary run on this machine, unless srun is to start it.
bool is_worth_it(NodeArguments const& arguments, Allocation const& allocation) {
  return allocation.nodes.size() > 1 || arguments.launcher == "srun" || arguments.nodes > 0;
}

/// "" where MPI's own library is missing: ranks then meet over sockets.
std::string library_of_mpi() {
  try {
    return mpi_library();
  } catch (Error const& error) {
    say(fmt::format("note: {}\n", error.what()));
    return "";
  }
}

}  // namespace

void add_node_options(CLI::App& command, NodeArguments& arguments) {
  command
      .add_option("--launcher", arguments.launcher,
                  "what starts processes: auto is srun in a Slurm job, else mpirun")
      ->check(CLI::IsMember({"auto", "direct", "mpirun", "srun"}))
      ->capture_default_str()
      ->group("Nodes");
  command.add_option("--hosts", arguments.hosts, "file of hosts for mpirun: HOST slots=8, one a line")
      ->group("Nodes");
  command
      .add_option("--nodes", arguments.nodes,
                  "how many of the job's nodes, or of the hosts, to use (all but the spares)")
      ->check(CLI::Range(1, 100'000))
      ->group("Nodes");
  command
      .add_option("--spares", arguments.spares, "further nodes, to take the place of those that are not fit")
      ->check(CLI::Range(0, 10'000))
      ->group("Nodes");
  command
      .add_option("--gpus-per-node", arguments.gpus_per_node,
                  "that every node is to have (as the job asked for)")
      ->check(CLI::Range(0, 64))
      ->group("Nodes");
  command.add_option("--mpi", arguments.mpi, "how srun is to connect MPI ranks")
      ->check(CLI::IsMember({"auto", "pmix", "pmi2", "none"}))
      ->capture_default_str()
      ->group("Nodes");
  add_container_options(command, arguments.container);
}

std::optional<Allocation> nodes_of(NodeArguments const& arguments, bool on_nodes) {
  check(arguments);
  std::optional<Allocation> allocation;
  if (!arguments.hosts.empty()) {
    allocation = host_list(arguments.hosts);
  } else if (arguments.launcher != "direct") {
    allocation = slurm_allocation();
  }
  if (!allocation && arguments.launcher == "srun")
    throw Error(ExitCode::infrastructure,
                "--launcher srun needs the nodes of a Slurm job (this process runs in none) use "
                "muster submit, or salloc first");
  if (!allocation && (arguments.nodes > 1 || arguments.spares > 0))
    usage(
        "--nodes and --spares choose from a Slurm job's nodes or from those of --hosts (there are neither) "
        "give --hosts, "
        "or use muster submit");
  if (allocation && !on_nodes && !is_worth_it(arguments, *allocation)) return std::nullopt;
  if (allocation) check_names(*allocation);
  return allocation;
}

std::optional<Allocation> nodes_for(NodeArguments const& arguments, std::optional<Plan> const& saved,
                                    std::string const& folder) {
  bool const on_nodes = saved && saved->nodes.count > 0;
  if (saved && !on_nodes) return std::nullopt;
  auto allocation = nodes_of(arguments, on_nodes);
  if (on_nodes && !allocation)
    throw Error(ExitCode::usage,
                fmt::format("{} is a run on {} nodes (there is no allocation here) resume it in a "
                            "job, or give its nodes with --hosts",
                            folder, saved->nodes.count));
  return allocation;
}

void plan_for(Allocation const& allocation, NodeArguments const& arguments, Machine& machine,
              PlanOptions& options) {
  auto const here = static_cast<int>(allocation.nodes.size());
  int const wanted = arguments.nodes > 0 ? arguments.nodes : here - arguments.spares;
  if (wanted < 1 || wanted + arguments.spares > here)
    usage(
        fmt::format("{} nodes and {} spare ones are more than the {} that there are (of {}) ask for fewer, "
                    "or for a larger job",
                    std::max(wanted, 1), arguments.spares, here,
                    allocation.scheduler == "slurm" ? "job " + allocation.job_id : arguments.hosts));
  int told = arguments.gpus_per_node;
  if (told == 0 && allocation.slots_are != "cpus") {
    auto const fewest = std::ranges::min_element(allocation.nodes, {}, &NodeSlots::slots);
    told = fewest->slots;
  }
  if (told > 0) (machine.backend == "cuda" ? machine.devices : machine.cores) = told;
  options.nodes = {wanted, arguments.spares, room_for_ranks(machine)};
}

std::unique_ptr<Launcher> node_launcher(NodeArguments const& arguments, Allocation const& allocation,
                                        std::filesystem::path const& lists, int cores) {
  if (allocation.scheduler == "slurm" && arguments.launcher != "mpirun") {
    auto settings = find_srun(library_of_mpi(), arguments.mpi);
    for (auto const& node : allocation.nodes) settings.nodes.push_back(node.name);
    settings.folder = lists;
    settings.container = arguments.container;
    settings.cores = cores;
    return srun_launcher(settings);
  }
  auto settings = find_mpirun(cores);
  settings.folder = lists;
  return mpirun_launcher(settings);
}

}  // namespace muster
