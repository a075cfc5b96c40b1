// dataload/training: batch after batch, each computed on, as a training run does it; and dataload/records,
// the same without a computation.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/dataload/dlio_metrics.hpp"
#include "kernels/dataload/thinned_times.hpp"
#include "kernels/dataload/training_input.hpp"
#include "kernels/dataload/training_models.hpp"
#include "kernels/dataload/training_step.hpp"

namespace muster::dataload {

/// A case of dataload/training in numbers: its model's, or what the user put in their place.
struct TrainingSetup {
  TrainingModel model{};
  std::string step = "sleep", decode = "none";
};

/// Throws BadInput where neither is known.
TrainingSetup training_setup(Params const& params);

/// One launch is one step: the wait for a batch, then the computation, as DLIO's training loop. The barrier
/// that DLIO has after each step is the one that scope `group` has before each sample: the wait for the other
/// ranks counts as elapsed time, from reset() on, but not what the harness does between samples.
class TrainingInstance : public Instance {
 public:
  TrainingInstance(TrainingSetup setup, std::unique_ptr<TrainingStep> step,
                   std::unique_ptr<TrainingInput> input, Context& context);
  void reset() override { begun_ = MeterClock::now(); }
  void launch() override;
  /// Samples of all ranks: each does as many in a step.
  Work work() const override;
  Verdict verify() override;
  std::optional<Bound> bound() override;
  std::vector<Figure> figures() override;
  std::vector<std::pair<std::string, std::string>> facts() override;

  StepBlock const& block() const { return block_; }

 private:
  double samples() const { return input_->batch(); }
  PipelineSummary const& summary();
  std::vector<Figure> step_figures() const;
  void note_other_records(double mean_bytes);

  Context& context_;
  TrainingSetup setup_;
  std::unique_ptr<TrainingStep> step_;
  std::unique_ptr<TrainingInput> input_;
  StepBlock block_{};
  std::vector<double> step_seconds_{};
  std::optional<MeterClock::time_point> begun_{};
  bool paused_ = true;
  std::optional<PipelineSummary> summary_{};
};

/// One launch is one batch on the device, of a reader that never stops.
class RecordsInstance : public Instance {
 public:
  explicit RecordsInstance(std::unique_ptr<TrainingInput> input) : input_(std::move(input)) {}
  void reset() override;
  void launch() override;
  Work work() const override { return {.items = static_cast<std::uint64_t>(input_->batch())}; }
  Verdict verify() override;
  std::optional<Bound> bound() override;
  std::vector<Figure> figures() override { return figures_of(summary()); }
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  PipelineSummary const& summary();

  std::unique_ptr<TrainingInput> input_;
  ThinnedTimes batch_seconds_{};
  bool paused_ = true;
  std::optional<PipelineSummary> summary_{};
};

/// The cases of a backend that lends `memory`. Throw as TrainingStep and TrainingInput do.
std::unique_ptr<Instance> make_training_case(Params const& params, Context& context,
                                             RecordMemory const& memory);
std::unique_ptr<Instance> make_records_case(Params const& params, Context& context,
                                            RecordMemory const& memory);

}  // namespace muster::dataload
