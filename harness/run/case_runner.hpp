// One case on one rank: make, verify, sample, verify again. Whatever happens becomes a record.
#pragma once
#include <functional>
#include <string>

#include "harness/core/plan.hpp"
#include "harness/core/record.hpp"
#include "harness/measure/sampler.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// Told on every rank when a phase begins; names as in Failure::phase.
using PhaseListener = std::function<void(std::string const& phase)>;

class CaseRunner {
 public:
  CaseRunner(PlannedCase const& planned, Workload const& workload, Maker maker, Context& context,
             PhaseListener listener);

  /// Never throws for what a workload does. All ranks of the group call it at the same time. With scope
  /// `group` one rank's failure ends the case for all; with scope `each_rank` the healthy ranks go on to
  /// their own figures.
  RankRecord run();

 private:
  void phase(std::string const& name);
  /// Runs `step` unless this rank has failed already; turns what it throws into the record's status.
  void attempt(std::function<void()> const& step);
  void verify();
  bool anyone_failed();  ///< a group call
  bool give_up();        ///< is there no point in going on? a group call
  void compare_bits();
  void measure();
  void keep(Samples samples);
  void describe();

  PlannedCase const& planned_;
  Workload const& workload_;
  Maker maker_;
  Context& context_;
  PhaseListener listener_;
  Budget budget_;
  RankRecord record_;
  std::unique_ptr<Instance> instance_;
  bool failed_ = false;
};

}  // namespace muster
