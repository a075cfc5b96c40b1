// The only file that sees mpi.h: a Group over MPI_COMM_WORLD, as a plug-in.
#define OMPI_SKIP_MPICXX \
  1  // the C interface is all we use; the old C++ one does not compile without warnings
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <climits>
#include <numeric>

#include "harness/core/build_info.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/contract/error.hpp"

namespace muster {
namespace {

void check(int code, char const* call) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw DeviceError(std::string(call) + " failed (" + std::string(text, static_cast<std::size_t>(length)) +
                    ")");
}

MPI_Datatype type_of(Element element) {
  switch (element) {
    case Element::int32:
      return MPI_INT32_T;
    case Element::float32:
      return MPI_FLOAT;
    case Element::float64:
      return MPI_DOUBLE;
  }
  throw Unsupported("MPI has no type for this element");
}

int count_of(std::size_t count) {
  if (count > INT_MAX) {
    throw Unsupported("a buffer of " + std::to_string(count) +
                      " elements is more than one MPI call takes (its count is an int); " + "use at most " +
                      std::to_string(INT_MAX));
  }
  return static_cast<int>(count);
}

class MpiGroup : public Group {
 public:
  MpiGroup() {
    check(MPI_Init(nullptr, nullptr), "MPI_Init");
    check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node_),
          "MPI_Comm_split_type");
    check(MPI_Comm_set_errhandler(node_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    MPI_Comm_rank(node_, &node_rank_);
    MPI_Comm_size(node_, &node_size_);
  }
  ~MpiGroup() override {
    MPI_Comm_free(&node_);
    MPI_Finalize();
  }
  MpiGroup(MpiGroup const&) = delete;
  MpiGroup& operator=(MpiGroup const&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int node_rank() const override { return node_rank_; }
  int node_size() const override { return node_size_; }

  void barrier() override { check(MPI_Barrier(MPI_COMM_WORLD), "MPI_Barrier"); }

  void max(std::span<double> values) override {
    check(MPI_Allreduce(MPI_IN_PLACE, values.data(), count_of(values.size()), MPI_DOUBLE, MPI_MAX,
                        MPI_COMM_WORLD),
          "MPI_Allreduce");
  }

  void broadcast(std::span<std::byte> data, int root) override {
    check(MPI_Bcast(data.data(), count_of(data.size()), MPI_BYTE, root, MPI_COMM_WORLD), "MPI_Bcast");
  }

  std::vector<std::string> gather(std::string_view text) override { return gather_in(MPI_COMM_WORLD, text); }
  std::vector<std::string> gather_node(std::string_view text) override { return gather_in(node_, text); }

  void all_reduce_sum(void const* in, void* out, std::size_t count, Element element) override {
    check(MPI_Allreduce(in, out, count_of(count), type_of(element), MPI_SUM, MPI_COMM_WORLD),
          "MPI_Allreduce");
  }

 private:
  static std::vector<std::string> gather_in(MPI_Comm communicator, std::string_view text) {
    int rank = 0, size = 0;
    MPI_Comm_rank(communicator, &rank);
    MPI_Comm_size(communicator, &size);
    int const length = count_of(text.size());
    std::vector<int> lengths(static_cast<std::size_t>(size)), starts(lengths.size());
    check(MPI_Gather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, 0, communicator), "MPI_Gather");
    std::size_t total = 0;
    if (rank == 0) {
      std::exclusive_scan(lengths.begin(), lengths.end(), starts.begin(), 0);
      total = std::accumulate(lengths.begin(), lengths.end(), std::size_t{0},
                              [](std::size_t sum, int n) { return sum + static_cast<std::size_t>(n); });
      count_of(total);
    }
    std::string all(total, '\0');
    check(MPI_Gatherv(text.data(), length, MPI_CHAR, all.data(), lengths.data(), starts.data(), MPI_CHAR, 0,
                      communicator),
          "MPI_Gatherv");
    std::vector<std::string> texts;
    for (std::size_t i = 0; rank == 0 && i < lengths.size(); ++i) {
      texts.push_back(all.substr(static_cast<std::size_t>(starts[i]), static_cast<std::size_t>(lengths[i])));
    }
    return texts;
  }

  MPI_Comm node_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1, node_rank_ = 0, node_size_ = 1;
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
