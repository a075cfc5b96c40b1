// The nodes of a run, from what their workers said.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

/// One entry a node, by name; what several launches told of the same node is put together.
class NodeMerger {
 public:
  void add(Node const& node);
  std::vector<Node> nodes() const;

 private:
  std::map<std::string, Node> nodes_;
};

}  // namespace muster
