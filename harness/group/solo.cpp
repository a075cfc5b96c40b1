#include "harness/group/group.hpp"

#include <string>

#include "kernels/contract/error.hpp"

namespace muster {
namespace {

class SoloGroup : public Group {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int node_rank() const override { return 0; }
  int node_size() const override { return 1; }
  int node() const override { return 0; }
  int nodes() const override { return 1; }
  void barrier() override {}
  void max(std::span<double>) override {}
  void broadcast(std::span<std::byte>, int) override {}
  std::vector<std::string> gather(std::string_view text) override { return {std::string(text)}; }
  std::vector<std::string> gather_node(std::string_view text) override { return {std::string(text)}; }
  std::unique_ptr<Group> split(int color) override { return color < 0 ? nullptr : solo_group(); }
  void run(CollectiveCall const& call) override {
    throw Unsupported(std::string(name(call.operation)) +
                      " needs 2 ranks (this run has 1) use --ranks 2 or more");
  }
};

}  // namespace

std::unique_ptr<Group> solo_group() { return std::make_unique<SoloGroup>(); }

}  // namespace muster
