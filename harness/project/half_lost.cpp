#include "harness/project/half_lost.hpp"

#include <algorithm>
#include <array>

#include "harness/project/failure_model.hpp"

namespace muster::project {
namespace {

constexpr std::array causes{Limit::communication, Limit::storage, Limit::stragglers, Limit::failures,
                            Limit::unexplained};

/// The least n in 1..most with holds(n), if once it holds it does so for more: doubled, then halved. 0: none.
template <class Holds>
int fewest(int most, Holds const& holds) {
  int below = 0, at = 1;
  while (at < most && !holds(at)) below = at, at = std::min(most, 2 * at);
  if (!holds(at)) return 0;
  while (at - below > 1) {
    int const middle = below + (at - below) / 2;
    (holds(middle) ? at : below) = middle;
  }
  return at;
}

}  // namespace

int most_joined(Scenario const& scenario) { return scenario.node.nics > 0 ? most_cluster_nodes : 1; }

double share_of(Limit cause, StepModel const& model, int nodes) {
  double const bytes = model.premise().checkpoint_bytes.value_or(0);
  double const useful = availability(model.scenario(), nodes, bytes).goodput;
  if (cause == Limit::failures) return 1 - useful;
  auto const terms = model.terms(nodes, {});
  return useful * seconds_of(cause, terms) / terms.seconds;
}

std::vector<HalfLost> half_lost(StepModel const& model, int most) {
  std::vector<HalfLost> found;
  for (Limit const cause : causes) {
    int const nodes = fewest(most, [&](int n) { return share_of(cause, model, n) >= 0.5; });
    found.push_back(
        {model.premise().name, model.scenario().name, cause, nodes, most, nodes > model.scenario().nodes});
  }
  return found;
}

Goal goal_of(StepModel const& model, double rate, Basis const& basis) {
  auto const reaching = [&](double Band::*quantile) {
    return fewest(model.scenario().nodes,
                  [&](int n) { return useful_rates(model, n, basis).*quantile >= rate; });
  };
  Goal goal{model.premise().name, model.scenario().name, rate};
  goal.least = reaching(&Band::p90), goal.nodes = reaching(&Band::p50), goal.most = reaching(&Band::p10);
  return goal;
}

}  // namespace muster::project
