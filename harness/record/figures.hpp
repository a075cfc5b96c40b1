// The numbers of one case, from the ranks' sample times.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "harness/record/case_events.hpp"
#include "harness/record/rank_figures.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// The first of the ranks that do most of what the metric counts: others may sit the case out. At least one
/// rank is there.
RankDigest const& busiest(LaunchEvents const& events, Metric const& metric);

/// One launch's figure (see core/document.hpp) from its ranks, all of them ok. Scope each_rank with several
/// ranks: the interval is the widest of any rank's. Scope group: the work is that of the busiest rank.
LaunchFigures launch_figures(int launch, LaunchEvents const& events, Metric const& metric, Scope scope);

/// The figure of one launch of several worlds from those of each (see core/document.hpp). At least one is
/// there.
LaunchFigures over_worlds(std::vector<LaunchFigures> const& worlds);

/// `rate` of all ranks together, per joule of all devices that worked for it, each counted once however many
/// ranks share it; absent where the power of one of them is unknown.
std::optional<double> group_per_joule(LaunchEvents const& events, Metric const& metric, double rate);

/// Of the ranks that have that figure; absent where none has.
std::optional<double> median_over_ranks(Ranks const& ranks, std::optional<double> RankDigest::*figure);

/// How much slower ranks are with the whole node at work than alone, in percent: the median over ranks that
/// were measured both ways.
std::optional<double> slower_together(Ranks const& ranks, Metric const& metric);

Verdict worst_verdict(Ranks const& ranks);  ///< fail, skipped, pass, not applicable; then by error over
                                            ///< tolerance
std::vector<Figure> median_figures(Ranks const& ranks);  ///< same name: the median over launches and ranks
Facts joined_facts(Ranks const& ranks);  ///< by name; values that differ stand side by side: "a; b"
std::optional<Bound> median_bound(Ranks const& ranks);  ///< of those that bear the first one's name

/// How far ranks and nodes lie apart; absent where no rank has a figure.
std::optional<RankSpread> rank_spread(Ranks const& ranks);

}  // namespace muster
