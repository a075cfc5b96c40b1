// What an A/B run is to do: asked of both arms before anything is measured.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "harness/app/versus_arms.hpp"
#include "harness/core/plan.hpp"
#include "harness/core/versus.hpp"

namespace muster {

struct VersusWishes {
  std::optional<int> launches;                   ///< of each arm
  std::optional<double> budget_seconds, detect;  ///< detect: a relative change
  bool confirm = false;
};

struct PlannedVersus {
  Versus versus;
  std::string base_plan, candidate_plan;  ///< JSON: of the cases that both have, one launch each
  double launch_seconds = 0;              ///< expected for one launch of both arms
};

inline constexpr int versus_launches = 10;  ///< where nobody says how many; see README.md
inline constexpr int pilot_launches = 5;    ///< from which --detect goes on
inline constexpr int detect_launches = 50;  ///< to which it goes on at most, where nobody says how far

/// Asks both arms for their plans. Throws Error(usage) where one cannot be planned, in that arm's own words,
/// or they have no case in common; Error(infrastructure).
PlannedVersus plan_versus(Arms const& arms, VersusWishes const& wishes);

/// Puts a side's plan into the folder that its run is to have in `root`. Throws Error(not_saved).
void save_arm_plan(std::filesystem::path const& root, Arm arm, std::string const& plan);
double launch_seconds_in(std::filesystem::path const& root);  ///< the same, by the plans that are there

/// Throws Error(not_saved).
void make_folder(std::filesystem::path const& folder);
std::filesystem::path versus_file(std::filesystem::path const& root);  ///< versus.json

}  // namespace muster
