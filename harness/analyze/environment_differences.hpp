// What two sides were measured on and with, as far as it is stable: configured or installed, never measured.
#pragma once
#include <vector>

#include "harness/analyze/compare.hpp"

namespace muster {

/// Those that block first, then in the order of their subjects.
///
/// Block: backend; models and number of a node's GPUs, their ECC mode and MIG, where GPUs were measured; a
/// node's CPU model and counts where its CPUs were. All else is told: driver, libraries, VBIOS, power limit
/// and clocks as set, network interfaces, storage, operating system, environment variables, nodes, muster
/// itself. Left out: names that identify a single part (serial numbers, UUIDs), and the scheduler's job
/// variables.
std::vector<EnvironmentDifference> environment_differences(Side const& base, Side const& candidate);

/// What makes either side's figures less than clean or less than complete, and how warm they ran.
std::vector<std::string> quality_notes(Side const& base, Side const& candidate);

}  // namespace muster
