// One rank's call of one operation: what it needs of memory, what it moves, whether it is allowed.
#pragma once
#include <nccl.h>

#include <cstddef>
#include <optional>
#include <string>

#include "tests/standin/nccl/elements.hpp"
#include "tests/standin/support/faults.hpp"

namespace muster::standin {

enum class Function {
  all_reduce,
  all_gather,
  reduce_scatter,
  broadcast,
  reduce,
  all_to_all,
  gather,
  scatter,
  send,
  recv
};
char const* name(Function function);  ///< as NCCL calls it: "AllReduce"
bool reduces(Function function);
/// Of the five that NCCL has algorithms for; it makes the others of sends and receives.
bool has_algorithm(Function function);

struct Call {
  Function function = Function::all_reduce;
  void const* send = nullptr;
  void* recv = nullptr;
  std::size_t count = 0;
  ncclDataType_t type = ncclFloat32;
  int root = 0;  ///< or the peer of send and recv
  Reduction reduction{};
  std::optional<Fault> fault{};
};

std::string describe(Call const& call);  ///< "AllReduce of 10 float32 (sum)"

bool point_to_point(Call const& call);
/// Elements that `rank` reads and writes; 0: the pointer is not used.
std::size_t sent_elements(Call const& call, int rank, int ranks);
std::size_t received_elements(Call const& call, int rank, int ranks);

/// Do the buffers overlap in another way than NCCL's "in place"?
bool overlaps_wrongly(Call const& call, int rank, int ranks);

/// Which elements cross: each publishing rank shows its source, from which this rank takes [begin, end).
struct Movement {
  std::size_t published = 0;  ///< elements of each source; the same on all ranks
  bool publishes = true;      ///< this rank has a source
  std::size_t begin = 0, end = 0;
  int only_from = -1;  ///< the one source that counts; -1: all
};
Movement movement(Call const& call, int rank, int ranks);

}  // namespace muster::standin
