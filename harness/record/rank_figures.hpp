// One rank's figures in one launch, from its record alone.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/record.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// Metric values of samples that took `seconds` for `ops` launches of `work` each.
std::vector<double> values(Metric const& metric, Work const& work, std::span<double const> seconds,
                           std::uint64_t ops);

/// Order statistics; all 0 without values.
Summary summarise(std::span<double const> values);

/// 100 * value / bound where higher is better, 100 * bound / value where lower is. Absent where there is
/// nothing to compare.
std::optional<double> percent_of(Metric const& metric, double value, std::optional<Bound> const& bound);

/// Does a rank's work hold what all ranks do together? What crosses the network is counted of each rank.
inline bool rate_of_all(Scope scope, Metric const& metric) {
  return scope == Scope::group && metric.quantity != Quantity::wire_bytes;
}

/// What a rank's samples amount to.
struct SampledRank {
  std::vector<double> values;
  Summary metric;
  std::optional<Telemetry> telemetry;
  std::optional<double> percent_of_bound, percent_at_clock;
  std::optional<double> watts;  ///< of regimes sustained and endurance, where more of the quantity is better
  std::optional<double> per_joule;  ///< the rate over them: where ranks share the rate, no rank's own
  std::optional<double> alone;      ///< the median of samples taken while the node's other ranks waited
};
SampledRank sampled_rank(RankRecord const& record, Metric const& metric);

RankFigures rank_figures(int launch, std::string const& node, RankRecord const& record,
                         SampledRank const& sampled, Metric const& metric);

}  // namespace muster
