// The case of a training step, on any machine: sampling, what each part costs by itself, and the words for
// it.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train {

/// What writes a step's state to storage now and then.
class Checkpoints : public StateTaker {
 public:
  virtual bool due(std::uint64_t step) = 0;  ///< at the end of this one? Steps count from 0
  virtual void finish() = 0;                 ///< returns when nothing is being written any more
  virtual Verdict verify() = 0;
  virtual std::vector<Figure> figures() = 0;
  virtual std::vector<std::pair<std::string, std::string>> facts() = 0;
};

/// One launch is one step. All ranks of the group make, call and destroy theirs alike.
class StepInstance : public Instance {
 public:
  /// `machine` takes its batches from `input`, and ends before it; `checkpoints` (may be null: none) end
  /// first.
  StepInstance(StepPlan plan, std::unique_ptr<StepInput> input, std::unique_ptr<StepMachine> machine,
               Context& context, std::unique_ptr<Checkpoints> checkpoints = nullptr);

  void launch() override;
  /// Of all ranks; those that share a layer have one batch together.
  Work work() const override;
  /// The step and the input. A group call.
  Verdict verify() override;

 private:
  double samples_of_all() const;
  void begin_again();
  void take_times();
  void await_step();

  Context& context_;
  StepPlan plan_;
  StepMarks marks_;
  std::unique_ptr<StepInput> input_;
  std::unique_ptr<StepMachine> machine_;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::vector<double> times_;
  std::uint64_t step_ = 0, open_ = 0;  ///< begun; of them not taken
  bool paused_ = true;
};

}  // namespace muster::train
