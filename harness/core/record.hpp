// What a worker reports of one case of one launch: the journal's unit. The document is put together from
// these.
#pragma once
#include <string>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

/// One look at a device while samples were taken.
struct Reading {
  double seconds = 0;   ///< since sampling began
  DeviceState state{};  ///< as Device::pulse() gave it
};

/// What came before sampling so that the device was no longer cool.
struct Soak {
  double seconds = 0;
  bool steady = false;
  std::string unrest{};  ///< what was still moving at its end; "" when steady, or without a soak
};

/// Under what conditions a rank's samples were taken.
struct Conditions {
  std::string regime = "plain";  ///< see kernels/contract/regime.hpp
  Soak soak{};
  /// "precision": the median's interval was narrow enough; "time": the budget was used up.
  std::string stopped_by{};
  bool recorded = false;              ///< launches were repeated from a recording (a CUDA graph)
  double window_seconds = 0;          ///< between the states `before` and `after`
  std::vector<double> sample_ends{};  ///< seconds since sampling began, one a sample
  std::vector<Reading> readings{};    ///< all through sampling, at 10 Hz at least
};

/// One rank's part of a case, as gathered on its node.
struct RankRecord {
  int rank = 0;
  int device = 0;
  std::string device_uuid;
  CaseStatus status = CaseStatus::not_run;
  std::string phase;  ///< where it failed
  std::string message;
  Verdict verification;
  std::vector<double> sample_seconds;  ///< this rank's own time of each sample
  std::vector<double> group_seconds;   ///< scope group: the slowest rank's time of each sample; else empty
  std::uint64_t ops_per_sample = 1;
  Work work;
  std::optional<Bound> bound;
  std::vector<Figure> figures;
  std::vector<std::string> warnings;
  DeviceState before, after;  ///< right before the first and after the last sample
  Conditions conditions{};
  std::optional<Fingerprint> fingerprint{};
  std::vector<double>
      alone_seconds{};  ///< samples taken while no other rank of the node did anything; may be empty
  Facts facts{};        ///< as Instance::facts() gave them
  std::vector<Matrix> matrices{};
};

struct CaseRecord {
  std::size_t case_index = 0;  ///< in the plan
  int launch = 0;
  std::string node;
  std::vector<RankRecord> ranks;
  std::string world{};  ///< the node, where every node is a world of its own
  int world_size = 0;   ///< ranks of that world; 0: as many as planned
  /// Which set of workers it is from, counted through the whole run, also where the run was gone on with: of
  /// two records of one case and launch the one of the later set counts. Nodes' clocks may differ; this does
  /// not.
  int attempt = 0;
};

}  // namespace muster
