// The ranks that run a case together. MPI lives behind this interface (harness/group); the null form is one
// rank.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// Element types that the host's collectives can add up.
enum class Element { int32, float32, float64 };

class Group {
 public:
  virtual ~Group() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual int node_rank() const = 0;  ///< rank among those on this node
  virtual int node_size() const = 0;  ///< ranks on this node

  virtual void barrier() = 0;
  virtual void max(
      std::span<double> values) = 0;  ///< element-wise maximum over ranks, in place, on every rank
  virtual void broadcast(std::span<std::byte> data, int root) = 0;
  /// The text of every rank, in rank order, on rank 0; empty elsewhere.
  virtual std::vector<std::string> gather(std::string_view text) = 0;
  /// The text of every rank of this node, in node-rank order, on node rank 0; empty elsewhere.
  virtual std::vector<std::string> gather_node(std::string_view text) = 0;
  /// out[i] = sum over ranks of in[i]: what the host's all_reduce workload measures. `in` and `out` do not
  /// overlap.
  virtual void all_reduce_sum(void const* in, void* out, std::size_t count, Element element) = 0;

  double max(double value) {
    max(std::span<double>(&value, 1));
    return value;
  }
};

}  // namespace muster
