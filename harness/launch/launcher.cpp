#include "harness/launch/launcher.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "harness/core/error.hpp"
#include "harness/launch/host_lines.hpp"
#include "harness/launch/outer_launcher.hpp"

namespace muster {
namespace {

class DirectLauncher : public Launcher {
 public:
  std::string name() const override { return "direct"; }
  Command command(Spawn const& spawn) const override { return {spawn.argv}; }
};

void append(std::vector<std::string>& argv, std::vector<std::string> const& more) {
  argv.insert(argv.end(), more.begin(), more.end());
}

class MpirunLauncher : public Launcher {
 public:
  explicit MpirunLauncher(MpirunSettings const& settings) : settings_(settings) {}
  std::string name() const override { return "mpirun"; }
  std::string group() const override { return "mpi"; }

  Command command(Spawn const& spawn) const override {
    Command command{tied(spawn.argv.front(), "mpirun")};
    append(command.argv, {"-n", std::to_string(spawn.processes)});
    settings_.kind == MpiKind::open_mpi ? add_open_mpi(command, spawn) : add_mpich(command, spawn);
    append(command.argv, spawn.argv);
    if (stays_here(spawn)) command.unset = outer_launcher_variables();
    return command;
  }

  std::string note() const override {
    if (settings_.kind == MpiKind::open_mpi && settings_.as_root)
      return "running Open MPI as root: OMPI_ALLOW_RUN_AS_ROOT is set for the workers";
    return {};
  }

  std::optional<LostRank> lost_rank(std::string const& log) const override {
    return settings_.kind == MpiKind::mpich ? lost_by_mpich(log) : lost_by_open_mpi(log);
  }

 private:
  /// A job's nodes are named where they are meant.
  bool stays_here(Spawn const& spawn) const {
    return settings_.inner || (settings_.in_job && spawn.nodes.empty());
  }

  void add_open_mpi(Command& command, Spawn const& spawn) const {
    // Workers pin themselves; mpirun's own binding would hide CPUs from them.
    append(command.argv, {"--bind-to", "none"});
    // One line a rank is the only way in which mpirun does not move its own node to the front.
    if (!spawn.nodes.empty())
      append(command.argv,
             {"--map-by", "seq", "--hostfile", save_host_lines(settings_.folder, spawn).string()});
    bool const crowded = (spawn.nodes.empty() ? spawn.processes : spawn.per_node) > settings_.cores;
    bool const counted = settings_.in_job && !stays_here(spawn);
    if (crowded || counted) command.argv.emplace_back("--oversubscribe");
    if (crowded || counted) command.env.emplace_back("OMPI_MCA_mpi_yield_when_idle", crowded ? "1" : "0");
    if (settings_.as_root) {
      command.env.emplace_back("OMPI_ALLOW_RUN_AS_ROOT", "1");
      command.env.emplace_back("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    }
    // mpirun ends all when one ends badly; told not to, it waits for ever for one that a signal ended.
    if (!spawn.world) append(command.argv, {spawn.argv.front(), "apart", "--"});
  }

  void add_mpich(Command& command, Spawn const& spawn) const {
    if (!spawn.nodes.empty()) append(command.argv, {"-f", save_host_lines(settings_.folder, spawn).string()});
    if (!spawn.world) command.argv.push_back("-disable-auto-cleanup");
  }

  MpirunSettings settings_;
};

}  // namespace

std::string new_start() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

std::vector<std::string> worker_argv(WorkerCall const& call) {
  std::string cases;
  for (auto const index : call.cases) cases += (cases.empty() ? "" : ",") + std::to_string(index);
  std::vector<std::string> argv{call.program.string(),
                                "worker",
                                "--root",
                                call.root.string(),
                                "--launch",
                                std::to_string(call.launch),
                                "--ranks",
                                std::to_string(call.ranks),
                                "--cases",
                                cases,
                                "--group",
                                call.group,
                                "--attempt",
                                std::to_string(call.attempt)};
  if (call.group == "sockets") argv.insert(argv.end(), {"--start", call.start});
  return argv;
}

std::vector<std::string> tied(std::string const& muster, std::string const& program) {
  return {muster, "tied", "--supervisor", std::to_string(getpid()), "--", program};
}

std::unique_ptr<Launcher> direct_launcher() { return std::make_unique<DirectLauncher>(); }

std::unique_ptr<Launcher> mpirun_launcher(MpirunSettings const& settings) {
  return std::make_unique<MpirunLauncher>(settings);
}

MpiKind mpi_kind(std::string const& version_text) {
  bool const hydra =
      version_text.find("HYDRA") != std::string::npos || version_text.find("MPICH") != std::string::npos;
  return hydra ? MpiKind::mpich : MpiKind::open_mpi;
}

MpirunSettings find_mpirun(int cores) {
  auto const answer = ask({{"mpirun", "--version"}}, 20);
  if (answer.timed_out || !answer.ending.ok()) {
    throw Error(ExitCode::infrastructure,
                fmt::format("mpirun does not answer ({}) install Open MPI or load its module",
                            answer.timed_out ? "no answer in 20 s" : answer.ending.text()));
  }
  MpirunSettings settings{mpi_kind(answer.output), geteuid() == 0, cores};
  settings.in_job = std::getenv("SLURM_JOB_ID") != nullptr;
  return settings;
}

}  // namespace muster
