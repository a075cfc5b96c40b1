#include "tests/power/power.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "harness/analyze/compare.hpp"
#include "harness/analyze/detect.hpp"
#include "harness/analyze/launches_needed.hpp"
#include "harness/analyze/verdict.hpp"
#include "harness/core/document.hpp"

namespace muster::power {
namespace {

class Drawer {
 public:
  explicit Drawer(Scenario const& scenario) : scenario_(scenario), random_(scenario.seed) {}

  /// A run of `launches`; `change`: of its first case.
  Document run(int launches, double change) {
    Document document;
    document.cases.resize(static_cast<std::size_t>(scenario_.cases));
    for (std::size_t i = 0; i < document.cases.size(); ++i) start(document.cases[i], i);
    for (int launch = 0; launch < launches; ++launch) {
      double const common = scenario_.noise * scenario_.shared * normal_(random_);
      for (std::size_t i = 0; i < document.cases.size(); ++i)
        add(document.cases[i], launch, value(common, i == 0 ? change : 0));
    }
    return document;
  }

 private:
  static void start(CaseResult& result, std::size_t index) {
    result.name = fmt::format("gemm/{}", index);
    result.workload = "gemm";
    result.status = CaseStatus::ok;
    result.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
    result.verification = Verdict::judge("drawn", 0, 0);
  }
  double value(double common, double change) {
    double const own =
        scenario_.noise * std::sqrt(1 - scenario_.shared * scenario_.shared) * normal_(random_);
    bool const outlier = scenario_.outliers > 0 && uniform_(random_) < scenario_.outliers;
    return 1e12 * (1 + change) * std::exp(common + own) * (outlier ? 0.85 : 1);
  }
  static void add(CaseResult& result, int launch, double figure) {
    LaunchFigures figures;
    figures.index = launch;
    figures.metric.median = figure;
    result.launches.push_back(figures);
  }

  Scenario const& scenario_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
};

Side side_of(std::string const& label, Document const& document) {
  return {label, {SideRun{label, label, &document, {}, {}}}};
}

void count(Outcome& outcome, Comparison const& comparison, double change) {
  bool any = false;
  for (std::size_t i = 0; i < comparison.cases.size(); ++i) {
    auto const& one = comparison.cases[i];
    bool const changed = change != 0 && i == 0;
    if (changed && is_shown(one.verdict) && one.worse == (change < 0)) ++outcome.found;
    any = any || (!changed && is_shown(one.verdict));
  }
  outcome.any_false += any;
}

/// The smallest change that so many launches of each side find.
double change_found_by(int launches, double noise) {
  double low = 0, high = 1;
  for (int i = 0; i < 40; ++i) {
    double const middle = (low + high) / 2;
    (launches_needed(noise, middle) > launches ? low : high) = middle;
  }
  return high;
}

Document first_launches(Document document, int launches) {
  document.cases[0].launches.resize(static_cast<std::size_t>(launches));
  return document;
}

bool is_found(Document const& base, Document const& other) {
  auto const one = compare(side_of("base", base), side_of("new", other), {}).cases[0];
  return is_shown(one.verdict) && one.worse;
}

}  // namespace

Detected simulate_detect(int needed, int families, std::uint64_t seed) {
  constexpr int pilot = 5, most = 50;
  Scenario const scenario{.name = "detect", .cases = 1, .seed = seed};
  double const change = change_found_by(needed, scenario.noise);
  Drawer drawer(scenario);
  Detected outcome{families};
  for (int family = 0; family < families; ++family) {
    auto const base = drawer.run(most, 0), same = drawer.run(most, 0);
    auto other = same;
    for (auto& launch : other.cases[0].launches) launch.metric.median /= 1 + change;
    auto const first = first_launches(base, pilot), second = first_launches(other, pilot);
    int const asked = most_needed(launches_for(change, {side_of("base", first), side_of("new", second)}));
    int const launches = std::clamp(asked, pilot, most);
    outcome.launches += static_cast<double>(launches) / families;
    auto const all = first_launches(base, launches);
    outcome.found += is_found(all, first_launches(other, launches));
    auto const one = compare(side_of("base", all), side_of("new", first_launches(same, launches)), {});
    outcome.any_false += is_shown(one.cases[0].verdict);
  }
  return outcome;
}

Outcome simulate(Scenario const& scenario) {
  Drawer drawer(scenario);
  Outcome outcome{scenario.families};
  int confirmed = 0;
  for (int family = 0; family < scenario.families; ++family) {
    auto const base = drawer.run(scenario.launches, 0),
               other = drawer.run(scenario.launches, scenario.change);
    auto const first = side_of("base", base), second = side_of("new", other);
    auto comparison = compare(first, second, {});
    auto const list = suspects(comparison);
    outcome.suspects += static_cast<double>(list.names.size()) / scenario.families;
    if (scenario.confirm && !list.names.empty()) {
      auto const again = drawer.run(list.launches, 0), fresh = drawer.run(list.launches, scenario.change);
      comparison = confirm(comparison, {first, second},
                           {side_of("base again", again), side_of("new again", fresh)}, {});
      outcome.fresh_launches += list.launches;
      ++confirmed;
    } else if (scenario.confirm) {
      comparison = confirm(comparison, {first, second},
                           {side_of("base again", base), side_of("new again", other)}, {});
    }
    count(outcome, comparison, scenario.change);
  }
  if (confirmed > 0) outcome.fresh_launches /= confirmed;
  return outcome;
}

namespace {

/// P(X <= count) of a binomial.
double at_most(int count, int trials, double p) {
  double sum = 0;
  for (int k = 0; k <= count; ++k) {
    sum += std::exp(std::lgamma(trials + 1.0) - std::lgamma(k + 1.0) - std::lgamma(trials - k + 1.0) +
                    k * std::log(p) + (trials - k) * std::log1p(-p));
  }
  return sum;
}

}  // namespace

int upper_limit(int trials, double p) {
  int limit = 0;
  while (1 - at_most(limit, trials, p) >= 0.001) ++limit;
  return limit;
}

int lower_limit(int trials, double p) {
  int limit = 0;
  while (at_most(limit, trials, p) < 0.001) ++limit;
  return limit;
}

}  // namespace muster::power
