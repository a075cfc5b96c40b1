// The case of a training step, on any machine: sampling, what each part costs by itself, and the words for
// it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/train_step/step_plan.hpp"
#include "kernels/train_step/step_record.hpp"
#include "kernels/train_step/step_report.hpp"
#include "kernels/train_step/step_runner.hpp"
#include "kernels/train_step/step_teams.hpp"

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
  void sampling_begins() override;
  /// Of all ranks; those that share a layer have one batch together.
  Work work() const override;
  Regime regime() const override;
  /// The step and the input. A group call.
  Verdict verify() override;
  /// "the_longest_alone": samples/s of all ranks if compute, communication and input hid each other as far as
  /// the order of the work lets them. Measures each of them alone: a group call, as which all that follows
  /// is prepared.
  std::optional<Bound> bound() override;
  std::vector<Figure> figures() override;
  std::vector<Matrix> matrices() override;
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  double samples_of_all() const;
  StepMeasured measure();
  void require_input();

  Context& context_;
  StepPlan plan_;
  StepMarks marks_;
  StepTeams teams_;
  std::unique_ptr<StepInput> input_;
  std::unique_ptr<StepMachine> machine_;
  std::unique_ptr<Checkpoints> checkpoints_;
  StepRunner runner_;
  StepRecord record_;
  std::uint64_t step_ = 0;
  bool paused_ = true;
  std::optional<StepReport> report_{};
};

}  // namespace muster::train
