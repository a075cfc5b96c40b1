#include "harness/project/sensitivity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "harness/core/normal.hpp"
#include "harness/project/model_error.hpp"

namespace muster::project {
namespace {

struct Assumption {
  char const* name;
  double Draw::*pull;
};

constexpr std::array assumptions{
    Assumption{"speed of GPUs", &Draw::compute},       Assumption{"sums inside a node", &Draw::inside},
    Assumption{"sums between nodes", &Draw::between},  Assumption{"late nodes", &Draw::noise},
    Assumption{"storage bandwidth", &Draw::storage},   Assumption{"failure rate", &Draw::failures},
    Assumption{"spread over GPUs", &Draw::gpu_spread}, Assumption{"spread over steps", &Draw::step_spread}};

Sensitivity range(StepModel const& model, std::string assumption, double first, double second) {
  return {model.premise().name, model.scenario().name, std::move(assumption), std::min({first, second, 0.0}),
          std::max({first, second, 0.0})};
}

bool by_range(Sensitivity const& a, Sensitivity const& b) { return a.high - a.low > b.high - b.low; }

/// Relative to the middle world's.
class Change {
 public:
  Change(StepModel const& model, int nodes)
      : model_(model), nodes_(nodes), middle_(useful_rate(model, nodes, {})) {}
  double of(Draw const& draw) const { return of(useful_rate(model_, nodes_, draw)); }
  double of(double rate) const { return middle_ > 0 ? rate / middle_ - 1 : 0; }

 private:
  StepModel const& model_;
  int nodes_;
  double middle_;
};

Draw pulled(double Draw::*pull, double by) {
  Draw draw;
  draw.*pull = by;
  return draw;
}

Draw tail(double quantile) {
  Draw draw;
  draw.gpu_tail = quantile;
  return draw;
}

Draw nodes_together() {
  Draw draw;
  draw.by_node = true;
  return draw;
}

}  // namespace

std::vector<Sensitivity> sensitivities(StepModel const& model, int nodes, Basis const& basis) {
  Change const change(model, nodes);
  double const z = normal_quantile(0.9);
  std::vector<Sensitivity> all;
  for (auto const& one : assumptions) {
    all.push_back(range(model, one.name, change.of(pulled(one.pull, z)), change.of(pulled(one.pull, -z))));
  }
  all.push_back(range(model, "slowest GPU", change.of(tail(0.9)), change.of(tail(0.1))));
  all.push_back(range(model, "GPUs of a node are slow together", change.of(nodes_together()), 0));
  double const error = z * model_error(distance_of(model.scenario(), nodes, basis));
  all.push_back(range(model, "the model itself", std::expm1(-error), std::expm1(error)));
  std::erase_if(all, [](Sensitivity const& one) { return one.high - one.low < 1e-6; });
  std::ranges::stable_sort(all, by_range);
  return all;
}

std::vector<Sensitivity> against_scenarios(StepModel const& model, std::span<StepModel const* const> others,
                                           int nodes) {
  Change const change(model, nodes);
  std::vector<Sensitivity> all;
  for (StepModel const* other : others) {
    auto const moved = change.of(useful_rate(*other, nodes, {}));
    all.push_back(range(model, "scenario: " + other->scenario().name, moved, 0));
  }
  std::ranges::stable_sort(all, by_range);
  return all;
}

}  // namespace muster::project
