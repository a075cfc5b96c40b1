#include "harness/launch/srun_launcher.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/launch/host_lines.hpp"
#include "harness/launch/hostlist.hpp"

namespace muster {
namespace {

constexpr std::size_t longest_argument = 32'768;  // a quarter of what the kernel takes

// What sbatch options leave in a job's environment, or a person exports, that would give steps another shape:
// fewer CPUs or GPUs, other places, output that is not as lost_by_srun() reads it, another end.
constexpr std::array shapes_of_steps{"SRUN_CPUS_PER_TASK",
                                     "SLURM_CPUS_PER_TASK",
                                     "SLURM_CPUS_PER_GPU",
                                     "SLURM_NTASKS",
                                     "SLURM_NPROCS",
                                     "SLURM_NTASKS_PER_NODE",
                                     "SLURM_NTASKS_PER_GPU",
                                     "SLURM_NTASKS_PER_CORE",
                                     "SLURM_NTASKS_PER_SOCKET",
                                     "SLURM_NNODES",
                                     "SLURM_GPUS",
                                     "SLURM_GPUS_PER_NODE",
                                     "SLURM_GPUS_PER_TASK",
                                     "SLURM_GPUS_PER_SOCKET",
                                     "SLURM_GPU_BIND",
                                     "SLURM_TRES_BIND",
                                     "SLURM_TRES_PER_TASK",
                                     "SLURM_GRES",
                                     "SLURM_STEP_GRES",
                                     "SLURM_MEM_PER_CPU",
                                     "SLURM_MEM_PER_GPU",
                                     "SLURM_MEM_PER_NODE",
                                     "SLURM_MEM_BIND",
                                     "SLURM_CPU_BIND",
                                     "SLURM_HINT",
                                     "SLURM_THREADS_PER_CORE",
                                     "SLURM_CORE_SPEC",
                                     "SLURM_THREAD_SPEC",
                                     "SLURM_DISTRIBUTION",
                                     "SLURM_HOSTFILE",
                                     "SLURM_RELATIVE",
                                     "SLURM_CONSTRAINT",
                                     "SLURM_EXACT",
                                     "SLURM_WHOLE",
                                     "SLURM_EXCLUSIVE",
                                     "SLURM_OVERCOMMIT",
                                     "SLURM_MULTI_PROG",
                                     "SLURM_LABELIO",
                                     "SLURM_STDOUTMODE",
                                     "SLURM_STDERRMODE",
                                     "SLURM_STDINMODE",
                                     "SLURM_UNBUFFEREDIO",
                                     "SLURM_DEBUG",
                                     "SLURM_NO_KILL",
                                     "SLURM_KILL_BAD_EXIT",
                                     "SLURM_WAIT",
                                     "SLURM_SIGNAL",
                                     "SLURM_TIMELIMIT",
                                     "SLURM_RESV_PORTS",
                                     "SLURM_MPI_TYPE"};

class SrunLauncher : public Launcher {
 public:
  explicit SrunLauncher(SrunSettings settings) : settings_(std::move(settings)) {}
  std::string name() const override { return "srun"; }
  std::string group() const override { return settings_.mpi == "none" ? "sockets" : "mpi"; }
  std::string note() const override { return settings_.note; }

  Command command(Spawn const& spawn) const override {
    Command command{tied(spawn.argv.front(), "srun"), {}, {shapes_of_steps.begin(), shapes_of_steps.end()}};
    add(command, {"--export=ALL", "--input=none", "--unbuffered", "--overlap", "--mem=0", "--cpu-bind=none",
                  "--wait=0"});
    add(command,
        {"--mpi=" + (spawn.world ? settings_.mpi : "none"), fmt::format("--ntasks={}", spawn.processes)});
    if (!spawn.nodes.empty()) add(command, placed(spawn));
    if (spawn.world) add(command, {"--kill-on-bad-exit=1"});
    if (is_crowded(spawn)) command.env.emplace_back("OMPI_MCA_mpi_yield_when_idle", "1");
    if (!spawn.world) add(command, {"--kill-on-bad-exit=0", "--no-kill"});
    add(command, container_srun_options(settings_.container));
    add(command, inside_container(settings_.container, spawn.argv));
    return command;
  }

  std::optional<LostRank> lost_rank(std::string const& log) const override { return lost_by_srun(log); }

  /// srun's own is the greatest of all ranks', and those that it ends after the first count 143.
  int exit_code(Ending const& ending, std::string const& log) const override {
    auto const lost = ending.ok() ? std::nullopt : lost_by_srun(log);
    if (lost && lost->gave_up >= 0) return lost->gave_up;
    return lost && lost->exit_code >= 0 ? lost->exit_code : ending.exit_code;
  }

 private:
  static void add(Command& command, std::vector<std::string> const& more) {
    command.argv.insert(command.argv.end(), more.begin(), more.end());
  }

  std::vector<std::string> placed(Spawn const& spawn) const {
    std::vector<std::string> options{fmt::format("--nodes={}", spawn.nodes.size())};
    auto const list = compress_host_list(spawn.nodes);
    if (in_slurms_order(spawn.nodes) && list.size() <= longest_argument && is_even(spawn)) {
      options.insert(options.end(), {fmt::format("--ntasks-per-node={}", std::max(spawn.per_node, 1)),
                                     "--distribution=block", "--nodelist=" + list});
    } else {
      options.insert(options.end(), {"--distribution=arbitrary",
                                     "--nodelist=" + save_host_lines(settings_.folder, spawn).string()});
    }
    return options;
  }

  /// Ranks then give their core away while they wait; other MPIs than Open MPI have no such setting.
  bool is_crowded(Spawn const& spawn) const {
    auto const nodes =
        std::max<std::size_t>(spawn.nodes.empty() ? settings_.nodes.size() : spawn.nodes.size(), 1);
    return settings_.cores > 0 &&
           static_cast<std::size_t>(spawn.processes) > nodes * static_cast<std::size_t>(settings_.cores);
  }

  static bool is_even(Spawn const& spawn) {
    return static_cast<std::size_t>(spawn.processes) ==
           spawn.nodes.size() * static_cast<std::size_t>(std::max(spawn.per_node, 1));
  }

  /// Slurm numbers ranks so, in whatever order nodes are named.
  bool in_slurms_order(std::vector<std::string> const& nodes) const {
    auto next = settings_.nodes.begin();
    for (auto const& node : nodes) {
      next = std::find(next, settings_.nodes.end(), node);
      if (next == settings_.nodes.end()) return false;
      ++next;
    }
    return true;
  }

  SrunSettings settings_;
};

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words(1);
  for (char const c : list) {
    if (is_name_character(c))
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  return words;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

/// In the order in which they are to be tried.
std::vector<std::string> spoken_by(std::string_view library) {
  if (has(library, "Open MPI")) return {"pmix"};
  if (has(library, "CRAY MPICH")) return {"cray_shasta", "pmi2"};
  if (has(library, "MPICH") || has(library, "MVAPICH") || has(library, "Intel(R) MPI")) return {"pmi2"};
  return {};
}

std::string no_pmi_note(std::string_view library) {
  if (library.empty()) return {};
  return fmt::format(
      "srun has no way for {} to find its ranks (see srun --mpi=list), so they meet over sockets, without "
      "MPI",
      library.substr(0, library.find_first_of(",\n")));
}

}  // namespace

std::unique_ptr<Launcher> srun_launcher(SrunSettings const& settings) {
  return std::make_unique<SrunLauncher>(settings);
}

std::string pmi_for(std::string_view library, std::string_view list) {
  auto const there = words_of(list);
  for (auto const& name : spoken_by(library)) {
    if (std::ranges::find(there, name) != there.end()) return name;
  }
  return "none";
}

SrunSettings find_srun(std::string const& library, std::string const& wanted) {
  auto const answer = ask({{"srun", "--mpi=list"}}, 30);
  if (answer.timed_out || !answer.ending.ok())
    throw Error(
        ExitCode::infrastructure,
        fmt::format(
            "srun does not answer ({}) is this inside of a Slurm job, with Slurm's commands on the PATH?",
            answer.timed_out ? "no answer in 30 s" : answer.ending.text()));
  auto const list = answer.output + '\n' + answer.errors;  // older ones print it as errors
  auto const there = words_of(list);
  if (wanted != "auto" && wanted != "none" && std::ranges::find(there, wanted) == there.end())
    throw Error(ExitCode::infrastructure,
                fmt::format("this srun has no --mpi={} (srun --mpi=list: {}) choose another, or auto", wanted,
                            shown_text(fmt::format("{}", fmt::join(there, " ")))));
  SrunSettings settings;
  settings.mpi = wanted == "auto" ? pmi_for(library, list) : wanted;
  if (wanted == "auto" && settings.mpi == "none") settings.note = no_pmi_note(library);
  return settings;
}

}  // namespace muster
