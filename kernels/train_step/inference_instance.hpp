// The case of a forward pass alone, on any machine.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_agreement.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train {

/// What the machine of a forward pass gets for its context: ranks that share no layers have nobody to work
/// with, and the same fixed batch.
class InferenceContext {
 public:
  /// Called by all ranks, before anything that may fail on one of them.
  InferenceContext(StepPlan const& plan, Context& context);
  InferenceContext(InferenceContext const&) = delete;
  InferenceContext& operator=(InferenceContext const&) = delete;
  Context& get() { return context_; }
  bool together() const { return !alone_; }

 private:
  std::unique_ptr<Group> alone_;  ///< null: the ranks' own group
  Context context_;
};

/// Passes, one at a time, and many of them back to back.
struct PassTimes {
  std::vector<double> latencies{};  ///< s, sorted
  double pass = 0;                  ///< s of each, back to back
  /// Of the latencies: the smallest that a share `q` of them does not exceed.
  double quantile(double q) const;
};

/// One launch is one pass. All ranks of the group make, call and destroy theirs alike.
class InferenceInstance final : public Instance {
 public:
  using Clock = std::function<double()>;  ///< seconds

  /// `machine` takes its batches from `input`, and ends before it; both end before `context`. An empty clock
  /// is the system's.
  InferenceInstance(StepPlan plan, std::unique_ptr<InferenceContext> context,
                    std::unique_ptr<StepInput> input, std::unique_ptr<StepMachine> machine, Clock clock = {});

  void launch() override;
  void sampling_begins() override;
  Regime regime() const override { return Regime::sustained; }
  Work work() const override;
  Verdict verify() override;
  /// Of samples of the last layer's outputs. Absent where ranks share layers: each has its own part.
  std::optional<Fingerprint> fingerprint() override;
  std::optional<Bound> bound() override;
  std::vector<Figure> figures() override;
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  void pass();
  void open_pass();
  std::vector<double> last_outputs();
  double teams() const;  ///< of ranks that share a batch
  std::uint64_t weight_bytes() const;
  double settled(std::uint64_t passes);
  PassTimes measure();
  std::uint64_t agreed(double seconds, double each, std::uint64_t least, std::uint64_t most);
  std::vector<Figure> rates(double pass) const;

  std::unique_ptr<InferenceContext> context_;
  Device& device_;
  Group& group_;
  std::uint64_t seed_;
  StepPlan plan_;
  StepMarks marks_;
  StepGroups groups_;
  std::unique_ptr<StepInput> input_;
  std::unique_ptr<StepMachine> machine_;
  Clock clock_;
  std::vector<double> verified_{};  ///< samples of the last layer's outputs
  std::vector<double> times_;
  std::uint64_t open_ = 0;  ///< passes whose marks were not taken
  bool paused_ = true;
};

}  // namespace muster::train
