#include "harness/analyze/fleet_rule.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "harness/analyze/robust.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

using Member = double PartScore::*;
using Members = std::map<int, std::vector<std::size_t>>;

Members by_model(std::span<PartScore const> scores, std::span<int const> model, Member member) {
  Members members;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::isfinite(scores[i].*member)) members[model[i]].push_back(i);
  }
  return members;
}

std::vector<double> values_of(std::span<PartScore const> scores, std::vector<std::size_t> const& parts,
                              Member member) {
  std::vector<double> values;
  values.reserve(parts.size());
  for (auto const part : parts) values.push_back(scores[part].*member);
  return values;
}

/// How far a part lies below the median of its peers, as a logarithm; absent where either says nothing.
class Middle {
 public:
  Middle(std::span<PartScore const> scores, std::vector<std::size_t> const& parts, Member member)
      : scores_(scores), member_(member) {
    std::vector<double> values;
    for (auto const part : parts) {
      if (std::isfinite(scores[part].*member)) values.push_back(scores[part].*member);
    }
    if (values.size() >= FleetRule::least_peers) middle_ = median(values);
  }
  bool below(std::size_t part, double margin) const {
    return middle_ && scores_[part].*member_ - *middle_ < std::log1p(-margin);
  }

 private:
  std::span<PartScore const> scores_;
  Member member_;
  std::optional<double> middle_;
};

std::vector<Standing> outstanding(std::span<PartScore const> scores, std::vector<std::size_t> const& parts,
                                  Member member, double z, double margin) {
  std::vector<Standing> found;
  if (parts.size() < FleetRule::least_peers) return found;
  auto const scale = robust_scale(values_of(scores, parts, member), FleetRule::least_spread);
  double const limit = -z_limit(z, parts.size());
  for (auto const part : parts) {
    double const own = robust_z(scores[part].*member, scale);
    double const distance = scores[part].*member - scale.middle;
    if (own < limit && distance < std::log1p(-margin)) found.push_back({part, std::expm1(distance), own});
  }
  return found;
}

void worst_first(std::vector<Standing>& found) { std::ranges::stable_sort(found, {}, &Standing::deviation); }

}  // namespace

std::vector<Standing> standing_apart(std::span<PartScore const> scores, std::span<int const> model, double z,
                                     double margin) {
  std::vector<Standing> found;
  for (auto const& [which, parts] : by_model(scores, model, &PartScore::all)) {
    auto apart = outstanding(scores, parts, &PartScore::all, z, margin);
    if (apart.empty()) continue;
    Middle const even(scores, parts, &PartScore::even), odd(scores, parts, &PartScore::odd);
    for (auto& one : apart) one.reproduced = even.below(one.part, margin) && odd.below(one.part, margin);
    found.insert(found.end(), apart.begin(), apart.end());
  }
  worst_first(found);
  return found;
}

std::optional<bool> below_again(std::span<PartScore const> scores, std::span<int const> model,
                                std::size_t part, double margin) {
  auto const members = by_model(scores, model, &PartScore::all);
  auto const found = members.find(model[part]);
  if (found == members.end() || found->second.size() < FleetRule::least_peers ||
      !std::isfinite(scores[part].all))
    return std::nullopt;
  return Middle(scores, found->second, &PartScore::all).below(part, margin);
}

std::vector<Standing> drifting(std::span<PartScore const> scores, std::span<int const> model, double z,
                               double margin) {
  std::vector<Standing> found;
  for (auto const& [which, parts] : by_model(scores, model, &PartScore::drift)) {
    auto const apart = outstanding(scores, parts, &PartScore::drift, z, margin);
    found.insert(found.end(), apart.begin(), apart.end());
  }
  worst_first(found);
  return found;
}

}  // namespace muster
