// The numbers of one case, from the ranks' sample times.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/record/case_events.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// Metric values of samples that took `seconds` for `ops` launches of `work` each.
std::vector<double> values(Metric const& metric, Work const& work, std::span<double const> seconds,
                           std::uint64_t ops);

/// Order statistics; all 0 without values.
Summary summarise(std::span<double const> values);

/// The first of the ranks that do most of what the metric counts: others may sit the case out. At least one
/// rank is there.
RankRecord const& busiest(LaunchEvents const& events, Metric const& metric);

/// One launch's figure (see core/document.hpp) from its ranks, all of them ok. Scope each_rank with several
/// ranks: the interval is the widest of any rank's. Scope group: the work is that of the busiest rank.
LaunchFigures launch_figures(int launch, LaunchEvents const& events, Metric const& metric, Scope scope);

/// The figure of one launch of several worlds from those of each (see core/document.hpp). At least one is
/// there.
LaunchFigures over_worlds(std::vector<LaunchFigures> const& worlds);

std::vector<RankFigures> rank_figures(int launch, LaunchEvents const& events, Metric const& metric);

/// Of the ranks that have that figure; absent where none has.
std::optional<double> median_over_ranks(std::vector<RankFigures> const& ranks,
                                        std::optional<double> RankFigures::*figure);

/// How much slower ranks are with the whole node at work than alone, in percent: the median over ranks that
/// were measured both ways.
std::optional<double> slower_together(std::vector<RankFigures> const& ranks, Metric const& metric);

/// Records of all ranks of all launches.
using Records = std::vector<RankRecord const*>;

Verdict worst_verdict(
    Records const& records);  ///< fail, skipped, pass, not applicable; then by error over tolerance
std::vector<Figure> median_figures(
    Records const& records);                 ///< same name: the median over launches and ranks
Facts joined_facts(Records const& records);  ///< by name; values that differ stand side by side: "a; b"
std::optional<Bound> median_bound(Records const& records);  ///< of those that bear the first one's name

/// 100 * value / bound where higher is better, 100 * bound / value where lower is. Absent where there is
/// nothing to compare.
std::optional<double> percent_of(Metric const& metric, double value, std::optional<Bound> const& bound);

}  // namespace muster
