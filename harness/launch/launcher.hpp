// How worker processes are started: directly, through mpirun, or through srun (srun_launcher.hpp). One
// launcher each, the same workers.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/launch/child.hpp"
#include "harness/launch/lost_rank.hpp"

namespace muster {

/// What to start: the same program and arguments in every process.
struct Spawn {
  std::vector<std::string> argv;
  int processes = 1;
  std::vector<std::string>
      nodes{};       ///< by name, in the order of their ranks; empty: where the launcher pleases
  int per_node = 0;  ///< with `nodes`: processes on each of them
  /// They are the ranks of one world. Otherwise each stands alone, and the end of one must not end the
  /// others.
  bool world = true;
};

/// What the workers of one launch are to do.
struct WorkerCall {
  std::filesystem::path program;  ///< this program
  std::filesystem::path root;     ///< the run folder
  int launch = 0;
  int ranks = 1;
  std::vector<std::size_t> cases;
  std::string group = "solo";  ///< how they meet: see Launcher::group()
  std::string start{};         ///< used with "sockets": this set of workers' own name, of letters and digits
  int attempt = 0;             ///< see CaseRecord::attempt
};
/// The name of a set of processes: where some are left of an earlier one, they do not meet.
std::string new_start();
std::vector<std::string> worker_argv(WorkerCall const& call);

class Launcher {
 public:
  virtual ~Launcher() = default;
  virtual std::string name() const = 0;
  /// How the ranks that it starts come together: "solo" (each alone), "mpi", "sockets".
  virtual std::string group() const { return "solo"; }
  virtual Command command(Spawn const& spawn) const = 0;
  /// Something a person should know of how it starts processes.
  virtual std::string note() const { return {}; }
  /// The rank that ended before the others, where what the launcher printed tells.
  virtual std::optional<LostRank> lost_rank(std::string const&) const { return std::nullopt; }
  /// The exit code of the rank that ended first; of the launcher itself where that is the same, or not known.
  /// -1: a signal.
  virtual int exit_code(Ending const& ending, std::string const& /*log*/) const { return ending.exit_code; }
};

/// The beginning of an argv: `program` by way of this program, so that it ends with this process.
std::vector<std::string> tied(std::string const& muster, std::string const& program);

/// One rank, no MPI.
std::unique_ptr<Launcher> direct_launcher();

/// Which mpirun: they take different options.
enum class MpiKind { open_mpi, mpich };

struct MpirunSettings {
  MpiKind kind = MpiKind::open_mpi;
  bool as_root = false;
  int cores = 1;  ///< of this node: more ranks than that are oversubscribed
  /// Where lists of hosts are written; needed for Spawn::nodes. In a folder that may be shared.
  std::filesystem::path folder{};
  /// This process was itself started by a launcher: ranks stay on this node, whatever the outer one may
  /// reach.
  bool inner = false;
  bool in_job = false;  ///< of Slurm, whose tasks Open MPI takes for the most processes that a node may have
};
/// With Spawn::nodes it reaches them as mpirun is set up to (ssh, or Slurm). A node that is lost ends all
/// processes, also those that stand alone.
std::unique_ptr<Launcher> mpirun_launcher(MpirunSettings const& settings);

/// Asks the mpirun on the PATH what it is. Throws Error(infrastructure) where there is none, with the remedy.
MpirunSettings find_mpirun(int cores);

/// The kind that `mpirun --version` names.
MpiKind mpi_kind(std::string const& version_text);

}  // namespace muster
