// A described cluster: what it is made of, and what its parts should reach. plan/ reads it from a file,
// analyze/ holds results against it.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/cluster_parts.hpp"
#include "kernels/contract/params.hpp"

namespace muster {

/// What a figure is of.
enum class ExpectedPart {
  gpu,   ///< each GPU by itself
  node,  ///< each node by itself: all its ranks together
  link,  ///< each pair that the link search measured, per rail and direction
  group  ///< all ranks of the case together, over several nodes
};

/// A parameter that the case must have: this value, or for numbers one in this range, ends included.
struct ParamCondition {
  std::string name;
  Value low, high;
};

/// What cases like these should reach, as somebody published it.
struct Expectation {
  std::string workload;
  ExpectedPart part = ExpectedPart::gpu;
  std::vector<ParamCondition> params{};
  int ranks = 0;                        ///< that the case must have, on a node where `part` is one; 0: any
  int least_nodes = 0, most_nodes = 0;  ///< of a group; 0: any
  double value = 0;                     ///< in the metric's unit
  std::optional<double> margin{};       ///< relative: worse than value x (1 - margin) fails. Absent: no floor
  std::optional<double> gate{};         ///< the source's own limit, in the metric's unit: worse fails too
  std::string source, margin_source{}, gate_source{};
  std::string note{};  ///< how it was measured, where that is not as here
  long line = 0;       ///< in its file
};

/// A number that each GPU's driver gives (DeviceInfo::facts), and the least that it may be.
struct FactLimit {
  std::string fact;
  double least = 0;
  std::string source;
};

struct ClusterDescription {
  std::string name, summary;
  int nodes = 1;
  int gpus = 0;       ///< on each node
  std::string gpu{};  ///< their model, or what their names hold of it; "" where there are none
  std::vector<std::string> other_names{};  ///< under which drivers know that model too
  std::string source{};                    ///< of these figures: what is not measured here has one
  std::vector<Expectation> expectations{};
  std::vector<FactLimit> facts{};
  std::optional<ClusterParts> parts{};  ///< absent where the file says nothing of them
};

/// Is that the name of a GPU of the described model?
inline bool is_of_model(ClusterDescription const& cluster, std::string_view name) {
  auto const holds = [&](std::string const& part) { return name.find(part) != std::string_view::npos; };
  return holds(cluster.gpu) || std::ranges::any_of(cluster.other_names, holds);
}

inline std::string_view word(ExpectedPart part) {
  switch (part) {
    case ExpectedPart::gpu:
      return "gpu";
    case ExpectedPart::node:
      return "node";
    case ExpectedPart::link:
      return "link";
    case ExpectedPart::group:
      return "group";
  }
  return "";
}

}  // namespace muster
