// Sampling of one case through Google Benchmark: manual time, an iteration count that the group agreed on.
#pragma once
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/measure/pilot.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

struct Samples {
  std::vector<double> own_seconds;    ///< of each sample, on this rank
  std::vector<double> group_seconds;  ///< scope group: the slowest rank's, sample by sample; else empty
  std::uint64_t ops_per_sample = 1;
};

/// Seconds that `ops` launches take, by `watch`.
double time_ops(Instance& instance, Stopwatch& watch, std::uint64_t ops);

/// Thrown on ranks that had no fault of their own when another rank of the group failed.
struct PeerFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Pilot, then samples. All ranks of the group call run() or sit_out() at the same time, for the same case.
class Sampler {
 public:
  Sampler(Device& device, Group& group, Scope scope, Budget budget);

  /// What the instance throws comes out only after this rank has made every group call that the others wait
  /// for. Scope group: throws PeerFailed when another rank failed in the pilot.
  Samples run(std::string const& name, Instance& instance);

  /// For a rank whose instance has failed already (scope each_rank only).
  void sit_out();

 private:
  SamplePlan pilot(Instance* instance);
  Samples sample(std::string const& name, Instance& instance, SamplePlan const& plan);
  void rethrow_if_failed() const;

  Device& device_;
  Group& group_;
  Scope scope_;
  Budget budget_;
  std::unique_ptr<Stopwatch> watch_;
  std::exception_ptr error_;
};

/// Google Benchmark's own view of this machine, as its reporters get it.
BenchmarkContext benchmark_context();

}  // namespace muster
