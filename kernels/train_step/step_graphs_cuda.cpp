#include "kernels/train_step/step_graphs_cuda.hpp"

#include <algorithm>
#include <utility>

namespace muster::train::cuda {
namespace {

/// What fails is not tried again.
struct Emptied {
  std::vector<Command>& commands;
  ~Emptied() { commands.clear(); }
};

}  // namespace

StepGraphs::StepGraphs(cudaStream_t stream, std::function<void(Command const&, bool recorded)> carry_out,
                       std::function<void(Command const&)> launched)
    : stream_(stream), carry_out_(std::move(carry_out)), launched_(std::move(launched)) {
  commands_.reserve(4096);
}

bool StepGraphs::nothing_but_marks() const {
  return std::ranges::all_of(commands_, [](Command const& one) { return one.kind == Command::Kind::mark; });
}

bool StepGraphs::seen_before() {
  if (std::ranges::find(seen_, commands_) != seen_.end()) return true;
  seen_.push_back(commands_);
  return false;
}

StepGraphs::Known* StepGraphs::find(int slot) {
  auto const found = std::ranges::find_if(
      known_, [&](Known const& one) { return one.slot == slot && one.commands == commands_; });
  return found == known_.end() ? nullptr : &*found;
}

StepGraphs::Known* StepGraphs::record(int slot) {
  muster::cuda::Graph graph(stream_, [this] {
    for (auto const& command : commands_) carry_out_(command, true);
  });
  known_.push_back({slot, commands_, std::move(graph)});
  return &known_.back();
}

void StepGraphs::run(int slot) {
  auto* known = nothing_but_marks() ? nullptr : find(slot);
  if (known == nullptr && (nothing_but_marks() || !seen_before())) return run_plainly();
  Emptied const emptied{commands_};
  if (known == nullptr) known = record(slot);
  known->graph.launch();
  for (auto const& command : commands_) launched_(command);
}

void StepGraphs::run_plainly() {
  Emptied const emptied{commands_};
  for (auto const& command : commands_) carry_out_(command, false);
}

}  // namespace muster::train::cuda
