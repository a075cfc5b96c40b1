#include "harness/analyze/case_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/analyze/kinds.hpp"
#include "harness/analyze/robust.hpp"

namespace muster {
namespace {

std::optional<double> limit_of(PartFigures const& figures, CaseKind const& kind, std::size_t index) {
  auto const scores = scores_of(figures.deviations(index, kind.quantity));
  std::vector<double> values;
  std::set<int> models;
  for (std::size_t part = 0; part < scores.size(); ++part) {
    if (!std::isfinite(scores[part].all)) continue;
    values.push_back(scores[part].all);
    models.insert(figures.models(kind.unit)[part]);
  }
  if (values.size() < FleetRule::least_peers || models.size() != 1) return std::nullopt;
  double const by_spread =
      z_limit(FleetRule::z_of_case, values.size()) * robust_scale(values, FleetRule::least_spread).spread;
  double const by_margin = -std::log1p(-FleetRule::case_margins * kind.margin);
  return -std::expm1(-std::max(by_spread, by_margin));
}

}  // namespace

std::vector<CaseRule> case_rules(Document const& document, RankSamples const& samples) {
  PartFigures const figures(document, samples);
  std::vector<CaseRule> rules(document.cases.size());
  for (auto const& kind : kinds_of(figures)) {
    for (auto const index : kind.cases) {
      rules[index].kinds.push_back(words(kind));
      if (kind.quantity == PartQuantity::figure) rules[index].limit = limit_of(figures, kind, index);
    }
  }
  return rules;
}

std::string case_rule_words() {
  return fmt::format(
      "from where muster check accuses a part by that case alone: a robust z below -{:g} (lower among few), "
      "at "
      "least {:g} times the margin of such cases, {} or more of one model with clean figures, or no line",
      FleetRule::z_of_case, FleetRule::case_margins, FleetRule::least_peers);
}

}  // namespace muster
