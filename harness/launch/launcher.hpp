// How worker processes are started: directly, or through mpirun. One launcher each, the same workers.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/launch/child.hpp"
#include "harness/launch/lost_rank.hpp"

namespace muster {

/// What the workers of one launch are to do.
struct WorkerCall {
  std::filesystem::path program;  ///< this program
  std::filesystem::path root;     ///< the run folder
  int launch = 0;
  int ranks = 1;
  std::vector<std::size_t> cases;
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  virtual std::string name() const = 0;
  virtual Command command(WorkerCall const& call) const = 0;
  virtual std::string note() const {
    return {};
  }  ///< something a person should know of how it starts workers
  /// The rank that ended before the others, where what the launcher printed tells.
  virtual std::optional<LostRank> lost_rank(std::string const&) const { return std::nullopt; }
};

/// One rank, no MPI.
std::unique_ptr<Launcher> direct_launcher();

/// Which mpirun: they take different options.
enum class MpiKind { open_mpi, mpich };

struct MpirunSettings {
  MpiKind kind = MpiKind::open_mpi;
  bool as_root = false;
  int cores = 1;  ///< of this node: more ranks than that are oversubscribed
};
std::unique_ptr<Launcher> mpirun_launcher(MpirunSettings const& settings);

/// Asks the mpirun on the PATH what it is. Throws Error(infrastructure) where there is none, with the remedy.
MpirunSettings find_mpirun(int cores);

/// The kind that `mpirun --version` names.
MpiKind mpi_kind(std::string const& version_text);

}  // namespace muster
