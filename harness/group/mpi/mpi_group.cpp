// Groups over MPI communicators, as a plug-in. This folder is the only one that sees mpi.h.
#include <algorithm>
#include <numeric>
#include <optional>

#include "harness/core/build_info.hpp"
#include "harness/group/mpi/error.hpp"
#include "harness/group/mpi/mpi.hpp"
#include "harness/group/mpi/operations.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/contract/error.hpp"

namespace muster {
namespace {

/// Started by the first group, the world, and ended when that goes.
class Library {
 public:
  Library() { check_mpi(MPI_Init(nullptr, nullptr), "MPI_Init"); }
  ~Library() { MPI_Finalize(); }
  Library(Library const&) = delete;
  Library& operator=(Library const&) = delete;
};

/// A communicator of ours, except for the world, which is MPI's.
class Communicator {
 public:
  explicit Communicator(MPI_Comm communicator) : communicator_(communicator) {
    check_mpi(MPI_Comm_set_errhandler(communicator, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    MPI_Comm_rank(communicator, &rank_);
    MPI_Comm_size(communicator, &size_);
  }
  ~Communicator() {
    if (communicator_ != MPI_COMM_WORLD) MPI_Comm_free(&communicator_);
  }
  Communicator(Communicator const&) = delete;
  Communicator& operator=(Communicator const&) = delete;

  MPI_Comm get() const { return communicator_; }
  int rank() const { return rank_; }
  int size() const { return size_; }

 private:
  MPI_Comm communicator_;
  int rank_ = 0, size_ = 1;
};

MPI_Comm ranks_of_this_node(MPI_Comm all) {
  MPI_Comm node = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(all, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node), "MPI_Comm_split_type");
  return node;
}

struct NodeNumber {
  int own = 0, count = 1;
};

/// Nodes are numbered by their first ranks.
NodeNumber node_number(Communicator const& all, Communicator const& node) {
  int first = all.rank();
  check_mpi(MPI_Bcast(&first, 1, MPI_INT, 0, node.get()), "MPI_Bcast");
  std::vector<int> firsts(static_cast<std::size_t>(all.size()));
  check_mpi(MPI_Allgather(&first, 1, MPI_INT, firsts.data(), 1, MPI_INT, all.get()), "MPI_Allgather");
  std::ranges::sort(firsts);
  firsts.erase(std::unique(firsts.begin(), firsts.end()), firsts.end());
  auto const own = std::ranges::lower_bound(firsts, first) - firsts.begin();
  return {static_cast<int>(own), static_cast<int>(firsts.size())};
}

class MpiGroup : public Group {
 public:
  MpiGroup()
      : library_(std::in_place),
        all_(MPI_COMM_WORLD),
        node_(ranks_of_this_node(all_.get())),
        number_(node_number(all_, node_)) {}
  explicit MpiGroup(MPI_Comm communicator)
      : all_(communicator), node_(ranks_of_this_node(all_.get())), number_(node_number(all_, node_)) {}

  int rank() const override { return all_.rank(); }
  int size() const override { return all_.size(); }
  int node_rank() const override { return node_.rank(); }
  int node_size() const override { return node_.size(); }
  int node() const override { return number_.own; }
  int nodes() const override { return number_.count; }

  void barrier() override { check_mpi(MPI_Barrier(all_.get()), "MPI_Barrier"); }

  void max(std::span<double> values) override {
    check_mpi(
        MPI_Allreduce(MPI_IN_PLACE, values.data(), mpi_count(values.size()), MPI_DOUBLE, MPI_MAX, all_.get()),
        "MPI_Allreduce");
  }

  void broadcast(std::span<std::byte> data, int root) override {
    check_mpi(MPI_Bcast(data.data(), mpi_count(data.size()), MPI_BYTE, root, all_.get()), "MPI_Bcast");
  }

  std::vector<std::string> gather(std::string_view text) override { return gather_in(all_.get(), text); }
  std::vector<std::string> gather_node(std::string_view text) override {
    return gather_in(node_.get(), text);
  }

  std::unique_ptr<Group> split(int color) override {
    MPI_Comm part = MPI_COMM_NULL;
    check_mpi(MPI_Comm_split(all_.get(), color < 0 ? MPI_UNDEFINED : color, 0, &part), "MPI_Comm_split");
    return part == MPI_COMM_NULL ? nullptr : std::make_unique<MpiGroup>(part);
  }

  void run(CollectiveCall const& call) override {
    run_collective(all_.get(), all_.rank(), all_.size(), call);
  }
  std::unique_ptr<ReadyCall> ready(CollectiveCall const& call) override {
    return ready_collective(all_.get(), all_.rank(), all_.size(), call);
  }

 private:
  static std::vector<std::string> gather_in(MPI_Comm communicator, std::string_view text) {
    int rank = 0, size = 0;
    MPI_Comm_rank(communicator, &rank);
    MPI_Comm_size(communicator, &size);
    int const length = mpi_count(text.size());
    std::vector<int> lengths(static_cast<std::size_t>(size)), starts(lengths.size());
    check_mpi(MPI_Gather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, 0, communicator), "MPI_Gather");
    std::size_t total = 0;
    if (rank == 0) {
      std::exclusive_scan(lengths.begin(), lengths.end(), starts.begin(), 0);
      total = std::accumulate(lengths.begin(), lengths.end(), std::size_t{0},
                              [](std::size_t sum, int n) { return sum + static_cast<std::size_t>(n); });
      mpi_count(total);
    }
    std::string all(total, '\0');
    check_mpi(MPI_Gatherv(text.data(), length, MPI_CHAR, all.data(), lengths.data(), starts.data(), MPI_CHAR,
                          0, communicator),
              "MPI_Gatherv");
    std::vector<std::string> texts;
    for (std::size_t i = 0; rank == 0 && i < lengths.size(); ++i) {
      texts.push_back(all.substr(static_cast<std::size_t>(starts[i]), static_cast<std::size_t>(lengths[i])));
    }
    return texts;
  }

  std::optional<Library> library_{};  ///< first: outlives the communicators
  Communicator all_, node_;
  NodeNumber number_;
};

Group* create() { return new MpiGroup; }

/// "Open MPI v4.1.4, package: ..." -> "Open MPI v4.1.4"; "MPICH Version:\t4.0.2\n..." -> "MPICH
/// Version: 4.0.2".
std::string library() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(text, &length);
  std::string name(text, static_cast<std::size_t>(length));
  name = name.substr(0, name.find_first_of(",\n"));
  std::ranges::replace(name, '\t', ' ');
  while (!name.empty() && (name.back() == ' ' || name.back() == '\0')) name.pop_back();
  return name;
}

void abort(int exit_code) { MPI_Abort(MPI_COMM_WORLD, exit_code); }

}  // namespace
}  // namespace muster

extern "C" __attribute__((visibility("default"))) muster::GroupPlugin const muster_group_plugin;
muster::GroupPlugin const muster_group_plugin{muster::contract_version, muster::build_info().id,
                                              &muster::create, &muster::library, &muster::abort};
