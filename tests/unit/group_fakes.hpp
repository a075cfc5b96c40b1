// Groups of ranks that are not there, for tests of what asks them.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/contract/group.hpp"

namespace muster {

/// Rank 0 of two on one node, the other in name only: what a test does not override does nothing.
class FirstOfTwo : public Group {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  int node_rank() const override { return 0; }
  int node_size() const override { return 2; }
  int node() const override { return 0; }
  int nodes() const override { return 1; }
  void barrier() override {}
  void max(std::span<double>) override {}
  void broadcast(std::span<std::byte>, int) override {}
  std::vector<std::string> gather(std::string_view) override { return {}; }
  std::vector<std::string> gather_node(std::string_view) override { return {}; }
  std::unique_ptr<Group> split(int) override { return nullptr; }
  void run(CollectiveCall const&) override {}
};

}  // namespace muster
