// From a suite's TOML to a Plan. Every fault of a config is found and reported at once, with file and line.
#pragma once
#include <filesystem>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "harness/core/plan.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// What the command line may override.
struct PlanOptions {
  std::string filter;                 ///< ECMAScript regex searched in case names; a leading '-' keeps what does not match
  std::optional<int> launches;
  std::optional<double> time_budget;  ///< seconds of sampling for the whole run; case budgets shrink in proportion
  std::optional<std::uint64_t> seed;
  std::optional<int> ranks;           ///< in place of what the suite says, for cases that can use several
  bool oversubscribe = false;
  std::filesystem::path data, cache;
};

/// A suite by name, or a path to a TOML file. Throws Error(usage) naming the suites there are.
std::filesystem::path find_suite(std::string const& name_or_path, std::filesystem::path const& suites_folder);
std::vector<std::string> suite_names(std::filesystem::path const& suites_folder);
std::string suite_summary(std::filesystem::path const& file);  ///< its one-line description; "" if it has none

/// Throws Error(usage): "FILE:LINE: problem (why) remedy", one line for every fault in the file.
Plan make_plan(std::filesystem::path const& file, Registry const& registry, Machine const& machine,
               PlanOptions const& options);

/// Seconds that the plan is expected to take: sampling, set-up and verification, every launch.
double estimated_seconds(Plan const& plan);

}  // namespace muster
