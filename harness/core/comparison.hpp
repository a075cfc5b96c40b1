// What comparing two results came to. analyze/ makes it, record/ writes it as JSON, report/ shows it.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/status.hpp"
#include "kernels/contract/work.hpp"

namespace muster {

/// What is said of one case. The interval is that of the ratio of the two sides, the margin the smallest
/// change that matters, "shown" that the family's correction for many cases leaves it standing.
enum class CaseVerdict {
  regressed,     ///< shown, and the whole interval is worse by more than the margin
  improved,      ///< shown, and the whole interval is better by more than the margin
  slower,        ///< shown to be worse; whether by more than the margin is open
  faster,        ///< shown to be better; whether by more than the margin is open
  small,         ///< shown to have changed, and by less than the margin
  equivalent,    ///< a change, if there is one, is smaller than the margin
  suspect,       ///< by itself it would count as changed, among so many cases it may be chance: confirm
  inconclusive,  ///< too few launches, or too unsteady ones, to say any of these
  tainted,       ///< one side's figures are none of a healthy device that did nothing else
  failed,        ///< one side has no figure: the case failed, or its answer was wrong or not checked
  unsupported,   ///< neither side can do it
  missing,       ///< the base has it, the candidate does not
  added,         ///< the candidate has it, the base does not
  incomparable   ///< parameters, unit, data or number of ranks differ
};

/// Both ends are part of it.
struct Interval {
  double low = 0, high = 0;
};

/// One case on one side.
struct SideFigures {
  std::optional<CaseStatus> status{};  ///< absent: this side does not have the case
  std::vector<double> launches{};      ///< one figure a launch, in the metric's unit; none unless ok
  double median = 0;                   ///< of them; 0 where there are none
  /// Of the median: its 95 % interval, or, below 6 launches, where order statistics offer none, their range.
  Interval interval{};
};

struct CaseComparison {
  std::string name, workload;
  Metric metric;
  SideFigures base, candidate;
  CaseVerdict verdict = CaseVerdict::inconclusive;
  std::string reason{};                      ///< in words, also what to do about it
  double margin = 0;                         ///< relative: 0.02
  std::optional<double> ratio{};             ///< candidate over base, by Hodges and Lehmann
  std::optional<Interval> ratio_interval{};  ///< absent where so few launches have none of 1 - alpha
  double confidence = 0;                     ///< what the interval really covers: at least 1 - alpha
  std::optional<double> p{}, q{};       ///< two-sided; q: p after Benjamini and Hochberg, in the family only
  bool exact = true;                    ///< p and interval are from the exact distribution
  bool gated = false;                   ///< a member of the family: ok, verified and clean on both sides
  bool worse = false;                   ///< the estimate is on the side that nobody wants
  std::optional<int> more_launches{};   ///< of each side, until something can be said
  std::optional<int> fresh_launches{};  ///< of each side, that confirming it takes
  bool confirmed = false;               ///< decided on fresh launches alone
  /// Nodes of the candidate that ran the case by themselves and failed where the base's did not; in words,
  /// also in `reason`. "" where there are none.
  std::string lost_nodes{};
  std::string paired{};  ///< "over 88 nodes that both sides have"; "" where nothing was chosen
};

enum class Comparability { identical, compatible, incomparable };

/// Something stable that is not the same on both sides.
struct EnvironmentDifference {
  std::string what, base, candidate;  ///< a value, and where nodes differ how many have which
  bool blocks = false;                ///< figures cannot be held against each other
};

struct ComparedSide {
  std::string label;
  std::vector<std::string> files, sha256;  ///< of the documents that were pooled
  std::vector<std::string> runs;           ///< their identifiers
  int nodes = 0;
};

/// Geometric mean of the ratios of all cases with one metric and unit.
struct UnitMean {
  std::string metric, unit;
  Better better = Better::higher;
  double ratio = 1;
  int rows = 0, of = 0;  ///< rows that have a clean figure on both sides, of all with this unit
};

struct Comparison {
  ComparedSide base, candidate;
  Comparability comparability = Comparability::identical;
  bool forced = false;                             ///< figures were compared although they are not comparable
  std::vector<EnvironmentDifference> differences;  ///< those that block first
  std::vector<std::string> notes;                  ///< on the quality of either side's figures
  double alpha = 0.05;
  int family = 0;                     ///< cases that were corrected for together
  std::vector<CaseComparison> cases;  ///< in the base's order, then what only the candidate has
  std::vector<UnitMean> means;
  bool confirmed = false;  ///< a second stage was part of it
};

std::string_view name(CaseVerdict verdict);  ///< "regressed"
std::string_view name(Comparability level);  ///< "identical"

}  // namespace muster
