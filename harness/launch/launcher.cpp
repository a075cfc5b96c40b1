#include "harness/launch/launcher.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <random>

#include "harness/core/error.hpp"

namespace muster {
namespace {

class DirectLauncher : public Launcher {
 public:
  std::string name() const override { return "direct"; }
  Command command(Spawn const& spawn) const override { return {spawn.argv}; }
};

class MpirunLauncher : public Launcher {
 public:
  explicit MpirunLauncher(MpirunSettings const& settings) : settings_(settings) {}
  std::string name() const override { return "mpirun"; }
  std::string group() const override { return "mpi"; }

  Command command(Spawn const& spawn) const override {
    bool const crowded = spawn.processes > settings_.cores;
    Command command{{spawn.argv.front(), "tied", "--supervisor", std::to_string(getpid()), "--", "mpirun",
                     "-n", std::to_string(spawn.processes)}};
    if (settings_.kind == MpiKind::open_mpi) {
      // Workers pin themselves; mpirun's own binding would hide CPUs from them.
      command.argv.insert(command.argv.end(), {"--bind-to", "none"});
      if (crowded) command.argv.push_back("--oversubscribe");
      if (crowded) command.env.emplace_back("OMPI_MCA_mpi_yield_when_idle", "1");
      if (settings_.as_root) {
        command.env.emplace_back("OMPI_ALLOW_RUN_AS_ROOT", "1");
        command.env.emplace_back("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
      }
    }
    command.argv.insert(command.argv.end(), spawn.argv.begin(), spawn.argv.end());
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
                                call.group};
  if (call.group == "sockets") argv.insert(argv.end(), {"--start", call.start});
  return argv;
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
  return {mpi_kind(answer.output), geteuid() == 0, cores};
}

}  // namespace muster
