// Machines that are the same, told once.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

/// Nodes of which everything below is equal.
struct NodeProfile {
  std::vector<std::string> nodes;
  std::vector<std::pair<std::string, std::string>> facts;  ///< "CPU", "2 x AMD EPYC ..., 256 CPUs usable"
};

/// In the document's order. Names, serial numbers and addresses are no part of a profile.
std::vector<NodeProfile> profiles_of(Document const& document);

}  // namespace muster
