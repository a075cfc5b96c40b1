// Runs over time, case by case: when did a figure change its level, by how much, and what changed with it.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/analyze/change_points.hpp"
#include "harness/core/document.hpp"
#include "harness/core/history.hpp"

namespace muster {

struct HistoryInput {
  std::string file;
  std::string time{};  ///< of the file, UTC, for a run that says none of its own
  Document const* document = nullptr;
};

struct HistoryOptions {
  std::size_t needed = 20;         ///< points, for change points to be looked for
  std::size_t since = 0;           ///< what is in one of so many last runs is recent
  std::optional<double> margin{};  ///< smallest change that is told, relative; absent: usual_margin()
  ChangeRules rules{};
  std::function<bool(std::string const&)> keep{};  ///< of a case's name; empty: all
};

/// Of each case on each platform the medians of the runs, by time of start. A run whose case failed, was not
/// verified, is tainted or ran on shared devices is no point of it, but a gap. Change points are those of
/// change_points() on logarithms, less those that on second sight, between their neighbours, are smaller than
/// the margin or whose ratio may be 1. Recent changes are corrected for the number of cases that have enough
/// points; a case that one of the last runs should have, since it is of the same suite and platform as its
/// last and has others of its cases, has a gap there.
History history(std::vector<HistoryInput> const& inputs, HistoryOptions const& options);

struct HistoryGate {
  std::vector<std::string> changed;  ///< cases with a recent change, at a false-discovery rate of 5 %
  std::vector<std::string> failed;   ///< cases that failed or are missing in one of the last runs
  std::size_t decided = 0;           ///< cases with enough points
};

/// `either_way`: better counts as worse does.
HistoryGate history_gate(History const& history, bool either_way);

}  // namespace muster
