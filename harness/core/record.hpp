// What a worker reports of one case of one launch: the journal's unit. The document is put together from
// these.
#pragma once
#include <string>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

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
  DeviceState before, after;
  Facts facts{};  ///< as Instance::facts() gave them
};

struct CaseRecord {
  std::size_t case_index = 0;  ///< in the plan
  int launch = 0;
  std::string node;
  std::vector<RankRecord> ranks;
};

}  // namespace muster
