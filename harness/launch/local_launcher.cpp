#include "harness/launch/local_launcher.hpp"

#include <fmt/format.h>

#include <regex>

#include "harness/core/error.hpp"
#include "harness/core/plugin.hpp"
#include "harness/launch/outer_launcher.hpp"

namespace muster {
namespace {

class LocalLauncher : public Launcher {
 public:
  explicit LocalLauncher(std::string note) : note_(std::move(note)) {}
  std::string name() const override { return "local"; }
  std::string group() const override { return "sockets"; }
  std::string note() const override { return note_; }

  Command command(Spawn const& spawn) const override {
    if (!spawn.nodes.empty())
      throw Error(
          ExitCode::infrastructure,
          "other nodes cannot be reached (neither mpirun nor srun starts processes there) install Open "
          "MPI or load its module, or run within a Slurm job");
    auto const& muster = spawn.argv.front();
    Command command{tied(muster, muster), {}, outer_launcher_variables()};
    command.argv.insert(command.argv.end(), {"ranks", "-n", std::to_string(spawn.processes), "--"});
    command.argv.insert(command.argv.end(), spawn.argv.begin(), spawn.argv.end());
    return command;
  }

  std::optional<LostRank> lost_rank(std::string const& log) const override { return lost_by_run_ranks(log); }

 private:
  std::string note_;
};

}  // namespace

std::unique_ptr<Launcher> local_launcher(std::string const& note) {
  return std::make_unique<LocalLauncher>(note);
}

std::unique_ptr<Launcher> one_node_launcher(int cores, bool inner) {
  std::string why = "this build has no plug-in for MPI";
  try {
    if (!find_plugin("mpi").empty()) {
      auto settings = find_mpirun(cores);
      settings.inner = inner;
      return mpirun_launcher(settings);
    }
  } catch (Error const& error) {
    why = error.what();
  }
  return local_launcher(fmt::format(
      "ranks meet over sockets, without MPI, so the host's collectives are unsupported ({})", why));
}

std::optional<LostRank> lost_by_run_ranks(std::string_view log) {
  static std::regex const form(
      R"(muster: rank (\d{1,9}), process (\d{1,9}), ended first: ((?:exit code (\d{1,3}))?[^\n]*))");
  std::match_results<std::string_view::const_iterator> found;
  if (!std::regex_search(log.begin(), log.end(), found, form)) return std::nullopt;
  LostRank lost{std::stoi(found[1]), std::stol(found[2])};
  if (found[4].matched) lost.exit_code = std::stoi(found[4]);
  lost.message = fmt::format("rank {}: {}", lost.rank, found[3].str());
  return lost;
}

}  // namespace muster
