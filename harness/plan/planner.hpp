// From a suite's TOML to a Plan. Every fault of a config is found and reported at once, with file and line.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/plan.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// What the command line may override.
struct PlanOptions {
  /// ECMAScript regex searched in case names; a leading '-' keeps what does not match.
  std::string filter;
  std::optional<int> launches;
  /// Seconds of sampling for the whole run; case budgets shrink in proportion.
  std::optional<double> time_budget;
  std::optional<std::uint64_t> seed;
  /// For cases that take what there is ("each", "all"); where the suite says "one" or a number, that stays.
  /// On nodes of an allocation: of each node.
  std::optional<int> ranks;
  /// Allow more ranks than there are GPUs. (Ranks of the host may always share cores.)
  bool oversubscribe = false;
  std::filesystem::path data, cache;
  std::filesystem::path models{};  ///< folder of the models that suites name
  std::filesystem::path suites{};  ///< folder of the suites that phases name
  PlannedNodes nodes{};            ///< of an allocation
};

/// All data comes from this unless PlanOptions::seed says otherwise: "muster" in ASCII, exact as a JSON
/// number.
inline constexpr std::uint64_t default_seed = 0x6d7573746572;

/// A suite by name, or a path to a TOML file. Throws Error(usage) naming the suites there are.
std::filesystem::path find_suite(std::string const& name_or_path, std::filesystem::path const& suites_folder);
std::vector<std::string> suite_names(std::filesystem::path const& suites_folder);
/// Its one-line description; "" if it has none; if it has faults, the first of them.
std::string suite_summary(std::filesystem::path const& file);

/// Throws Error(usage): "FILE:LINE: problem (why) remedy", one line for every fault in the file.
/// Entries for a backend other than the machine's are checked but left out. Rank counts: "one" 1; "each" one
/// per GPU (host: 1); "all" one per GPU (host: one per core, at least 2, at most 8). A case that gets fewer
/// ranks than its workload needs stays in the plan and ends as unsupported: what is not measured shows.
/// In a phase whose nodes work together these are counts for each node. A file of phases gives every case the
/// name of its phase in front; without nodes all phases run here.
/// Plan::oversubscribe is set when some case has more ranks than GPUs (host: cores). config_sha256 is left to
/// the caller: hashing lives in record/.
Plan make_plan(std::filesystem::path const& file, Registry const& registry, Machine const& machine,
               PlanOptions const& options);

/// Seconds that the plan is expected to take: sampling, with allowances (see planner.cpp) for set-up and
/// verification of each case and for starting workers, every launch. Making a synthetic data set for the
/// first time is not in it.
double estimated_seconds(Plan const& plan);

}  // namespace muster
