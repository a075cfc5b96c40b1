// What makes a figure less than clean: said by the workload, or seen in the devices' state.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/rank_samples.hpp"
#include "harness/record/rank_digest.hpp"

namespace muster {

/// What a device's states and readings say of one rank's figures.
struct DeviceRemark {
  std::string text;
  /// The figures are then no measure of a healthy device that did nothing else: new memory errors, rows that
  /// wait to be remapped, a clock held down for another reason than the power limit, other processes.
  bool taints = false;
};
std::vector<DeviceRemark> device_remarks(RankRecord const& record);

/// Reads back what a side file has of them: texts of tainting remarks with "; " between.
std::vector<Taint> taints_in(std::string_view text);

/// Each said once: the ranks' own warnings, then the devices' remarks with the
/// number of ranks concerned.
std::vector<std::string> case_warnings(Ranks const& ranks);

/// Of these, what taints the case.
std::vector<std::string> case_taints(Ranks const& ranks);

}  // namespace muster
