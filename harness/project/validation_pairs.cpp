#include "harness/project/validation_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

namespace muster::project {
namespace {

constexpr double beyond_share = 0.25;  ///< of the distance of a line's two batches
constexpr double least_share = 0.25;   ///< of the smaller batch
constexpr double disagreement = 1.1;   ///< of two figures that should be one

using Points = std::vector<PublishedPoint>;
using Indices = std::vector<std::size_t>;

double seconds_of_batch(PublishedPoint const& point) { return point.seconds / point.accumulation; }
double seconds_of_sample(PublishedPoint const& point) { return seconds_of_batch(point) / point.local; }

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

bool same_work(PublishedPoint const& small, PublishedPoint const& target) {
  return small.local == target.local && small.bytes == target.bytes &&
         small.accumulation >= target.accumulation;
}

/// Smaller systems, smallest first; as in the file where alike.
Indices smaller(Points const& points, PublishedPoint const& target) {
  Indices found;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (points[i].gpus < target.gpus) found.push_back(i);
  std::ranges::stable_sort(found, {}, [&](std::size_t i) { return points[i].gpus; });
  return found;
}

/// All figures of the smallest system that did the same work.
Indices alike(Points const& points, Indices const& candidates, PublishedPoint const& target) {
  Indices found;
  for (auto const i : candidates) {
    if (!same_work(points[i], target)) continue;
    if (found.empty() || points[i].gpus == points[found.front()].gpus) found.push_back(i);
  }
  return found;
}

/// The smallest systems of the first two different batches; one where there is but one batch.
Indices two_batches(Points const& points, Indices const& candidates) {
  Indices found;
  for (auto const i : candidates) {
    bool const known = std::ranges::any_of(found, [&](auto j) { return points[j].local == points[i].local; });
    if (!known && found.size() < 2) found.push_back(i);
  }
  return found;
}

bool near_line(double low, double high, double wanted) {
  double const beyond = beyond_share * (high - low);
  return wanted >= low - beyond && wanted <= high + beyond && wanted >= least_share * low;
}

std::string line_unknown(PublishedPoint const& one, PublishedPoint const& other,
                         PublishedPoint const& target) {
  auto const [low, high] = std::minmax(one.local, other.local);
  if (!near_line(low, high, target.local))
    return "batch " + shown(target.local) + " a GPU is too far from those measured on smaller systems (" +
           shown(low) + ", " + shown(high) + ")";
  if (one.accumulation > 1 || other.accumulation > 1 || target.accumulation > 1)
    return "another batch a GPU, accumulated";
  return {};
}

std::string work_unknown(Points const& points, PublishedPair const& pair) {
  auto const& target = points[pair.target];
  auto const& first = points[pair.from.front()];
  if (pair.premise == Premise::proportion)
    return "batch " + shown(target.local) + " a GPU was measured on no smaller system (" +
           shown(first.local) + " was)";
  return pair.premise == Premise::curve ? line_unknown(first, points[pair.from.back()], target)
                                        : std::string();
}

std::string told_apart(Points const& points, PublishedPair const& pair) {
  auto const& target = points[pair.target];
  if (!target.differs.empty()) return target.differs;
  for (auto const i : pair.from) {
    if (!points[i].differs.empty()) return points[i].differs;
    if (points[i].software != target.software)
      return "other software (" + points[i].software + ", then " + target.software + ")";
  }
  return {};
}

std::string published_twice(Points const& points, PublishedPair const& pair) {
  if (pair.premise != Premise::same_work) return {};
  auto const by_time = [&](std::size_t i) { return seconds_of_batch(points[i]); };
  auto const [fast, slow] = std::ranges::minmax_element(pair.from, {}, by_time);
  if (by_time(*slow) <= disagreement * by_time(*fast)) return {};
  return "its premise was published twice, " +
         shown(std::round(100 * (by_time(*slow) / by_time(*fast) - 1))) + " % apart";
}

bool contradicts(PublishedPoint const& premise, PublishedPoint const& other) {
  return other.gpus < premise.gpus && other.local < premise.local &&
         seconds_of_sample(premise) > disagreement * seconds_of_sample(other);
}

std::string contradicted(Points const& points, PublishedPair const& pair) {
  for (auto const i : pair.from)
    for (auto const& other : points)
      if (contradicts(points[i], other))
        return "its premise (" + std::to_string(points[i].gpus) + " GPUs) is slower for each sample than " +
               std::to_string(other.gpus) + " GPUs were with a smaller batch";
  return {};
}

/// Of sums, whose size need not be the same: all of the smallest system's.
PublishedPair sum_pair(Points const& points, Indices const& candidates, std::size_t target) {
  PublishedPair pair{target};
  if (candidates.empty()) pair.premise = Premise::description;
  for (auto const i : candidates)
    if (points[i].gpus == points[candidates.front()].gpus) pair.from.push_back(i);
  return pair;
}

PublishedPair step_pair(Points const& points, Indices const& candidates, std::size_t target) {
  PublishedPair pair{target, alike(points, candidates, points[target])};
  if (!pair.from.empty()) return pair;
  pair.from = two_batches(points, candidates);
  pair.premise = pair.from.size() == 2 ? Premise::curve : Premise::proportion;
  return pair;
}

std::string first_of(std::initializer_list<std::string> reasons) {
  for (auto const& reason : reasons)
    if (!reason.empty()) return reason;
  return {};
}

std::string two_nodes(Points const& points, PublishedPair const& pair) {
  if (pair.from.empty()) return "no smaller system was measured: its description alone";
  auto const& first = points[pair.from.front()];
  if (first.nodes != 2 || !first.algorithm.empty()) return {};
  return "on two nodes NCCL may add by trees, which send less than bus bandwidth counts";
}

std::string sum_unknown(Points const& points, PublishedPair const& pair) {
  return first_of({told_apart(points, pair), two_nodes(points, pair)});
}

std::string step_unknown(Points const& points, PublishedPair const& pair) {
  return first_of({told_apart(points, pair), work_unknown(points, pair), published_twice(points, pair),
                   contradicted(points, pair)});
}

std::optional<PublishedPair> pair_for(PublishedSeries const& series, std::size_t target) {
  auto const& points = series.points;
  auto const candidates = smaller(points, points[target]);
  bool const sum = series.kind == PublishedKind::sum;
  if (candidates.empty() && (!sum || points[target].nodes < 2)) return std::nullopt;
  auto pair = sum ? sum_pair(points, candidates, target) : step_pair(points, candidates, target);
  pair.unknown = sum ? sum_unknown(points, pair) : step_unknown(points, pair);
  return pair;
}

}  // namespace

std::vector<PublishedPair> pairs_of(PublishedSeries const& series) {
  std::vector<PublishedPair> pairs;
  for (std::size_t i = 0; i < series.points.size(); ++i)
    if (auto pair = pair_for(series, i)) pairs.push_back(std::move(*pair));
  return pairs;
}

}  // namespace muster::project
