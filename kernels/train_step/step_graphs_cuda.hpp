// A training step that is recorded once and repeated.
#pragma once
#include <functional>
#include <vector>

#include "kernels/cuda/graph.hpp"
#include "kernels/train_step/step_commands.hpp"

namespace muster::train::cuda {

/// Keeps a step's commands until they are to be done, and does them by a graph of the same commands where
/// there is one. Commands that are new are carried out as they come, since libraries allocate in first calls,
/// which a recording forbids; the next time they are recorded. Each place that times are kept in has a graph
/// of its own, whose events those are.
class StepGraphs {
 public:
  /// `carry_out` enqueues a command on `stream` and on streams that wait for it; `recorded`: it is being
  /// recorded. `launched`: a graph that has the command has been launched.
  StepGraphs(cudaStream_t stream, std::function<void(Command const&, bool recorded)> carry_out,
             std::function<void(Command const&)> launched);

  void add(Command const& command) { commands_.push_back(command); }
  /// Does what was added. `slot`: where the times of this step are kept.
  void run(int slot);
  /// The same, without a graph.
  void run_plainly();

  std::size_t graphs() const { return known_.size(); }

 private:
  struct Known {
    int slot;
    std::vector<Command> commands;
    muster::cuda::Graph graph;
  };
  bool nothing_but_marks() const;
  bool seen_before();
  Known* find(int slot);
  Known* record(int slot);

  cudaStream_t stream_;
  std::function<void(Command const&, bool recorded)> carry_out_;
  std::function<void(Command const&)> launched_;
  std::vector<Command> commands_{};
  std::vector<std::vector<Command>> seen_{};
  std::vector<Known> known_{};
};

}  // namespace muster::train::cuda
