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
  std::size_t since = 0;           ///< changes at one of so many last points are recent
  std::optional<double> margin{};  ///< smallest change that is told, relative; absent: usual_margin()
  ChangeRules rules{};
  std::function<bool(std::string const&)> keep{};  ///< of a case's name; empty: all
};

/// Of each case on each platform the medians of the runs, by time of start. A run whose case failed, was not
/// verified, is tainted or ran on shared devices is no point of it, but a gap. Change points are those of
/// change_points() on logarithms, less those that on second sight, between their neighbours, are smaller than
/// the margin or whose ratio may be 1.
History history(std::vector<HistoryInput> const& inputs, HistoryOptions const& options);

}  // namespace muster
