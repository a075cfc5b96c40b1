// Every rank's figure in every launch of a run, whether it stood in the document or, of a large run, beside
// it.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "harness/core/device_history.hpp"

namespace muster {

/// What makes figures those of no healthy device that did nothing else.
enum class Taint { throttled, other_processes, uncorrected_errors, corrected_errors, remapping };

/// As it was written, and what of it is known.
struct TaintText {
  std::string text;
  std::vector<Taint> kinds;
};

/// One rank's figures in one launch of a case. What is not known is NaN.
struct RankSample {
  std::uint32_t node = 0;  ///< in RankSamples::nodes
  std::uint32_t uuid = 0;  ///< in RankSamples::uuids
  int rank = 0, device = 0, launch = 0;
  double median = 0;  ///< of the case's metric
  double percent_at_clock = std::numeric_limits<double>::quiet_NaN();
  double clock_hz = std::numeric_limits<double>::quiet_NaN();
  double temperature_c = std::numeric_limits<double>::quiet_NaN();
  double power_watts = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t throttled_samples = 0;
  bool tainted = false;     ///< new memory errors, clock held down, other processes
  std::uint32_t taint = 0;  ///< in RankSamples::taints
};

struct RankSamples {
  std::vector<std::string> nodes,
      uuids;  ///< nodes: the document's first, in its order; uuids: "" is the first
  std::vector<TaintText> taints{{"", {}}};  ///< the first is none
  /// As the document's cases, none where a case has no figures; of each case by node, rank, launch.
  std::vector<std::vector<RankSample>> cases;
  DeviceHistories devices{};  ///< of the GPUs whose states and counters are known
};

}  // namespace muster
