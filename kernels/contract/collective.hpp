// What ranks can do together, as one call. The words and the meaning of `count` are NCCL's
// (docs.nvidia.com/deeplearning/nccl, "Collective Communication Functions").
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/contract/portable.hpp"

namespace muster {

enum class Operation {
  all_reduce,      ///< every rank's `count` elements reduced, on every rank
  all_gather,      ///< `count` of every rank, on every rank: `count` x size received
  reduce_scatter,  ///< `count` x size of every rank reduced; each rank gets its `count`
  broadcast,       ///< root's `count`, on every rank
  reduce,          ///< every rank's `count` reduced, on root
  all_to_all,      ///< `count` for each rank from each rank
  all_to_all_v,    ///< the same with a count for each pair: see CollectiveCall::send_counts
  gather,          ///< `count` of every rank, on root
  scatter,         ///< `count` for each rank, from root
  send_recv,       ///< a ring: `count` to rank + 1, `count` from rank - 1
  pairwise         ///< `count` to the partner and `count` from it, both at once
};

inline constexpr std::size_t operation_count = 11;

enum class ElementType {
  int8,
  uint8,
  int32,
  uint32,
  int64,
  uint64,
  float16,
  float32,
  float64,
  bfloat16,
  float8_e4m3,
  float8_e5m2
};

enum class Reduction {
  sum,
  prod,
  min,
  max,
  avg,        ///< the sum divided by the number of ranks; integers are rounded towards 0
  premul_sum  ///< the sum of each rank's elements times that rank's own scalar: see premul_scalar()
};

/// The scalar of a rank in Reduction::premul_sum: 1 for even ranks, 2 for odd ones (as nccl-tests' mulsum).
MUSTER_HD constexpr int premul_scalar(int rank) { return 1 + rank % 2; }

constexpr std::size_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::int8:
    case ElementType::uint8:
    case ElementType::float8_e4m3:
    case ElementType::float8_e5m2:
      return 1;
    case ElementType::float16:
    case ElementType::bfloat16:
      return 2;
    case ElementType::int32:
    case ElementType::uint32:
    case ElementType::float32:
      return 4;
    case ElementType::int64:
    case ElementType::uint64:
    case ElementType::float64:
      return 8;
  }
  return 0;
}

/// As they are written in suites, case names and documents; those of NCCL and nccl-tests.
std::string_view name(Operation operation);
std::string_view name(ElementType type);
std::string_view name(Reduction reduction);

Operation operation_named(std::string_view name);  ///< throws std::invalid_argument for another name
ElementType element_type_named(std::string_view name);
Reduction reduction_named(std::string_view name);

constexpr bool reduces(Operation operation) {
  return operation == Operation::all_reduce || operation == Operation::reduce_scatter ||
         operation == Operation::reduce;
}

/// Does each rank have a part of its own in the larger buffer?
constexpr bool has_parts(Operation operation) {
  return operation == Operation::all_gather || operation == Operation::reduce_scatter ||
         operation == Operation::all_to_all || operation == Operation::all_to_all_v ||
         operation == Operation::gather || operation == Operation::scatter;
}

constexpr bool has_root(Operation operation) {
  return operation == Operation::broadcast || operation == Operation::reduce ||
         operation == Operation::gather || operation == Operation::scatter;
}

/// Is there a form of it in which source and target overlap? As in nccl-tests.
constexpr bool has_in_place(Operation operation) {
  return operation != Operation::all_to_all && operation != Operation::all_to_all_v &&
         operation != Operation::send_recv && operation != Operation::pairwise;
}

/// Bus bandwidth divided by algorithm bandwidth, as nccl-tests defines it (doc/PERFORMANCE.md there).
double bus_factor(Operation operation, int ranks);

/// One rank's part of one operation. The buffers hold whole elements; they overlap only in place, as NCCL
/// defines it (all_reduce, broadcast, reduce: recv is send; all_gather, gather: send is recv's own part;
/// reduce_scatter, scatter: recv is send's own part).
struct CollectiveCall {
  Operation operation = Operation::all_reduce;
  ElementType type = ElementType::float32;
  Reduction reduction = Reduction::sum;
  void const* send = nullptr;
  void* recv = nullptr;
  std::size_t count = 0;  ///< as at each operation above
  int root = 0;
  int partner = -1;  ///< pairwise: the other rank; -1: nobody, this rank does nothing
  /// all_to_all_v: elements to and from each rank, and where they begin. They outlive the call.
  std::span<std::size_t const> send_counts{}, send_offsets{}, recv_counts{}, recv_offsets{};
};

}  // namespace muster
