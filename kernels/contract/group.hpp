// The ranks that run a case together. MPI lives behind this interface (harness/group); the null form is one
// rank.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/contract/collective.hpp"

namespace muster {

/// A collective call made ready once, to be carried out many times.
class ReadyCall {
 public:
  virtual ~ReadyCall() = default;
  virtual void run() = 0;  ///< as Group::run()
};

class Group {
 public:
  virtual ~Group() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual int node_rank() const = 0;  ///< rank among those on this node
  virtual int node_size() const = 0;  ///< ranks on this node
  virtual int node() const = 0;       ///< number of this rank's node: in the order of the nodes' first ranks
  virtual int nodes() const = 0;

  virtual void barrier() = 0;
  virtual void max(
      std::span<double> values) = 0;  ///< element-wise maximum over ranks, in place, on every rank
  virtual void broadcast(std::span<std::byte> data, int root) = 0;
  /// The text of every rank, in rank order, on rank 0; empty elsewhere.
  virtual std::vector<std::string> gather(std::string_view text) = 0;
  /// The text of every rank of this node, in node-rank order, on node rank 0; empty elsewhere.
  virtual std::vector<std::string> gather_node(std::string_view text) = 0;
  /// The ranks of each color as a group of their own, in the order of their ranks; null where the color is
  /// negative. Called by all ranks. The new group must end before this one.
  virtual std::unique_ptr<Group> split(int color) = 0;
  /// One operation on host memory: what the host's collective workloads measure. Returns when this rank's
  /// part is done. Throws Unsupported for what the library behind it cannot do, DeviceError when it fails.
  virtual void run(CollectiveCall const& call) = 0;
  /// The same for the timed path: what can be looked up beforehand is. `call` and the group outlive the
  /// result.
  virtual std::unique_ptr<ReadyCall> ready(CollectiveCall const& call);

  double max(double value) {
    max(std::span<double>(&value, 1));
    return value;
  }
};

/// Of groups that have nothing to look up.
class PlainCall final : public ReadyCall {
 public:
  PlainCall(Group& group, CollectiveCall const& call) : group_(group), call_(call) {}
  void run() override { group_.run(call_); }

 private:
  Group& group_;
  CollectiveCall const& call_;
};

inline std::unique_ptr<ReadyCall> Group::ready(CollectiveCall const& call) {
  return std::make_unique<PlainCall>(*this, call);
}

}  // namespace muster
