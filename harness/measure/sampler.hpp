// Sampling of one case through Google Benchmark: manual time, iteration counts that the group agreed on.
#pragma once
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/core/record.hpp"
#include "harness/measure/bench.hpp"
#include "harness/measure/pacer.hpp"
#include "harness/measure/pilot.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

struct Samples {
  std::vector<double> own_seconds;    ///< of each sample, on this rank
  std::vector<double> group_seconds;  ///< scope group: the slowest rank's, sample by sample; else empty
  std::uint64_t ops_per_sample = 1;
  DeviceState before{}, after{};
  Conditions conditions{};
  std::vector<std::string> warnings{};  ///< what could not be done as it should be
};

/// Pilot, soak or rest, then rounds of samples until they are precise enough or the budget is used up. Every
/// decision is the whole group's, so all ranks call run() or sit_out(), and then alone() or not, at the same
/// time and for the same case.
class Sampler {
 public:
  Sampler(Device& device, Group& group, Scope scope, Budget budget, Bench bench = &run_google_benchmark);

  /// What the instance throws comes out only after this rank has made every group call that the others wait
  /// for. Scope group: throws PeerFault when another rank failed.
  Samples run(std::string const& name, Instance& instance);

  /// For a rank whose instance has failed already (scope each_rank only).
  void sit_out();

  /// Seconds of samples, as run() cut them, taken while the node's other ranks wait: each has its turn of
  /// half the budget. After run() or sit_out(), whose rank gets none. Throws what the instance throws, after
  /// everyone's turn.
  std::vector<double> alone();

 private:
  using Clock = std::chrono::steady_clock;

  bool able() const { return pacer_ && !error_; }
  void attempt(std::function<void()> const& step);  ///< keeps what it throws
  void end_if_failed();                             ///< scope group: a group call
  void rethrow_if_failed() const;
  void run_all(std::string const& name, Instance* instance);
  void agree_on_regime(Instance* instance);
  SamplePlan pilot();
  void soak(SamplePlan const& plan);
  bool soak_once(class SteadyRule& rule, std::uint64_t count, double since);
  double run_untimed(std::uint64_t count);
  void rest();
  void take_samples(std::string const& name, SamplePlan const& plan);
  void take_round(std::string const& name, std::uint64_t samples, Clock::time_point begin);
  bool enough(SamplePlan const& plan, Clock::time_point begin);
  double timed_seconds() const;

  Device& device_;
  Group& group_;
  Scope scope_;
  Budget budget_;
  Bench bench_;
  Regime regime_ = Regime::plain;
  std::optional<Pacer> pacer_{};
  Samples samples_{};
  std::exception_ptr error_{};
};

}  // namespace muster
