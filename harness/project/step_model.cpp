#include "harness/project/step_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>
#include <optional>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/statistics.hpp"
#include "harness/project/noise_model.hpp"
#include "harness/project/storage_model.hpp"

namespace muster::project {
namespace {

/// Standard deviation over GPUs of one kind, where nobody measured it. P. Sinha et al., "Not All GPUs Are
/// Created Equal", SC22: on average 8 % over five clusters, of a box plot's whiskers, which are 5.4 standard
/// deviations apart in a normal sample. (V100 and MI60; no public figures of A100 were found.)
constexpr double assumed_gpu_spread = 0.08 / 5.4;

/// Where the mean lies in a Gumbel distribution, the limit of maxima: 0.57.
double const mean_of_maxima = std::exp(-std::exp(-std::numbers::egamma));

double total(std::span<double const> seconds) { return std::accumulate(seconds.begin(), seconds.end(), 0.0); }

/// Of one rank there are only launches, which say nothing of other GPUs.
std::span<double const> gpu_values(StepPremise const& premise) {
  return premise.ranks > 1 ? std::span<double const>(premise.gpu_spread) : std::span<double const>();
}

double pace(StepPremise const& premise, Draw const& draw) {
  return std::exp(std::hypot(doubt::operators, premise.compute_doubt) * draw.compute);
}

constexpr double least_share = 0.05;  ///< of compute; what would need less holds sums that cannot be its own

/// The share of its compute with which a step takes `seconds`; absent where that is below least_share.
template <class Seconds>
std::optional<double> share_for(double seconds, Seconds const& with_share) {
  double low = least_share, high = 1;
  if (with_share(low) > seconds) return std::nullopt;
  for (int i = 0; i < 60; ++i) {
    double const middle = 0.5 * (low + high);
    (with_share(middle) > seconds ? high : low) = middle;
  }
  return low;
}

/// The largest of a step's parts, as far as they limit; where it waits for storage, nothing else does.
Limit limit_of(StepTerms const& terms) {
  if (terms.input > 0) return Limit::storage;
  double const compute = seconds_of(Limit::compute, terms), late = seconds_of(Limit::stragglers, terms);
  double const communication = seconds_of(Limit::communication, terms);
  if (terms.unexplained > std::max({compute, communication, late})) return Limit::unexplained;
  if (compute >= std::max(communication, late)) return Limit::compute;
  return communication >= late ? Limit::communication : Limit::stragglers;
}

}  // namespace

struct StepModel::Lane {
  double forward = 0, backward = 0, optimiser = 0;  ///< s; sums of shared layers within
};

Rest rest_of(StepPremise const& premise, Scenario scenario, AllReduceTime const& all_reduce) {
  bool const joined = premise.nodes == 1 || scenario.node.nics > 0;
  if (premise.measured.empty() || !joined) return {};
  int const gpus = std::max(1, premise.ranks / std::max(1, premise.nodes));
  scenario.gpus = std::min(gpus, scenario.gpus);  // nodes may have fewer than those measured
  scenario.storage.reset();
  double const measured = median(premise.measured);
  auto const with = [&](double share) {
    return StepModel(premise, scenario, all_reduce, {0, share}).terms(premise.nodes, {}).seconds;
  };
  double const over = measured - with(1);
  if (over >= 0) return {over, 1};
  auto const share = share_for(measured, with);
  if (!share)
    throw Error(ExitCode::usage,
                fmt::format("the step '{}' took {:.3g} s (on '{}', {} nodes, its sums of gradients alone are "
                            "estimated to take longer) describe the nodes that it was measured on",
                            premise.name, measured, scenario.name, premise.nodes));
  return {0, *share};
}

StepModel::StepModel(StepPremise const& premise, Scenario const& scenario, AllReduceTime all_reduce)
    : StepModel(premise, scenario, all_reduce, rest_of(premise, scenario, all_reduce)) {}

StepModel::StepModel(StepPremise const& premise, Scenario const& scenario, AllReduceTime all_reduce,
                     Rest rest)
    : premise_(premise),
      scenario_(scenario),
      all_reduce_(std::move(all_reduce)),
      gpus_(gpu_values(premise), assumed_gpu_spread, Tail::normal),
      steps_(premise.step_spread, 0, Tail::exponential),
      rest_(rest) {}

int StepModel::group() const {
  return premise_.tensor ? std::max(1, scenario_.gpus / std::max(1, premise_.tensor->ranks)) : scenario_.gpus;
}

bool StepModel::adds(int nodes) const { return nodes * group() > 1; }

double StepModel::tensor(Draw const& draw) const {
  if (!premise_.tensor || premise_.tensor->ranks < 2) return 0;
  return premise_.tensor->count * all_reduce_(premise_.tensor->bytes, 1, premise_.tensor->ranks, draw.inside);
}

double StepModel::all_reduce(double bytes, int nodes, Draw const& draw) const {
  return adds(nodes) ? all_reduce_(bytes, nodes, group(), nodes > 1 ? draw.between : draw.inside) : 0;
}

std::vector<double> StepModel::sums(int nodes, Draw const& draw) const {
  std::vector<double> seconds;
  double bytes = -1;
  for (Bucket const& bucket : premise_.buckets) {  // most are alike
    seconds.push_back(bucket.bytes == bytes ? seconds.back() : all_reduce(bucket.bytes, nodes, draw));
    bytes = bucket.bytes;
  }
  return seconds;
}

StepModel::Lane StepModel::lane(int nodes, Draw const& draw, double excess) const {
  double const pulled = (1 + excess) * rest_.share * pace(premise_, draw);
  bool const beside = premise_.overlap && adds(nodes) && !premise_.buckets.empty();
  double const slowed = beside ? 1 + premise_.sum_slowdown : 1;
  double const half = 0.5 * tensor(draw);
  return {pulled * premise_.forward + half, pulled * premise_.backward * slowed + half,
          pulled * premise_.optimiser};
}

double StepModel::last_finish(Lane const& lane, std::span<double const> sums) const {
  double finish = 0;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    finish = std::max(lane.forward + premise_.buckets[i].ready * lane.backward, finish) + sums[i];
  }
  return finish;
}

double StepModel::timeline(Lane const& lane, std::span<double const> sums) const {
  double const passes = lane.forward + lane.backward;
  if (!premise_.overlap) return passes + total(sums) + lane.optimiser;
  return std::max(passes, last_finish(lane, sums)) + lane.optimiser;
}

double StepModel::lasting_excess(int nodes, Draw const& draw) const {
  double const width = std::exp(gpus_.doubt() * draw.gpu_spread);
  double const all = draw.by_node ? nodes : static_cast<double>(nodes) * scenario_.gpus;
  if (!gpus_.is_assumed()) return width * gpus_.slowest(all, draw.gpu_tail);
  double const measured = std::max(1, draw.by_node ? premise_.nodes : premise_.ranks);
  return width *
         (gpus_.slowest(std::max(all, measured), draw.gpu_tail) - gpus_.slowest(measured, draw.gpu_tail));
}

double StepModel::passing_excess(int nodes, Draw const& draw) const {
  if (steps_.is_assumed()) return 0;  // what nobody measured is the noise of nodes
  double const all = static_cast<double>(nodes) * scenario_.gpus / std::max(1, premise_.ranks);
  double const excess =
      steps_.slowest(std::max(1.0, all), mean_of_maxima) - steps_.slowest(1, mean_of_maxima);
  return std::exp(steps_.doubt() * draw.step_spread) * excess;
}

double StepModel::slowest(int nodes, Draw const& draw) const {
  double const lasting = lasting_excess(nodes, draw), passing = passing_excess(nodes, draw);
  return lasting < 0 ? lasting + passing : std::hypot(lasting, passing);
}

double StepModel::alone(Draw const& draw) const {
  double const compute = premise_.forward + premise_.backward + premise_.optimiser;
  return rest_.share * pace(premise_, draw) * compute + tensor(draw) + rest_.seconds;
}

/// What is not hidden behind the step that is there without it.
void StepModel::add_input(StepTerms& terms, int nodes, Draw const& draw) const {
  double const bytes = premise_.input_bytes * premise_.samples * scenario_.gpus;
  terms.storage_demand = nodes * bytes / terms.seconds;
  if (bytes > 0)
    terms.input = std::max(0.0, bytes / node_read_rate(scenario_, nodes, draw.storage) - terms.seconds);
  terms.seconds += terms.input;
}

/// `explained`: s of the step without it.
double StepModel::unexplained(int nodes, double explained, Draw const& draw) const {
  return explained * std::expm1(draw.lost * doublings_beyond(static_cast<double>(nodes) * scenario_.gpus,
                                                             premise_.ranks));
}

StepTerms StepModel::terms(int nodes, Draw const& draw) const {
  StepTerms terms;
  std::vector<double> const adding = sums(nodes, draw);
  Lane const even = lane(nodes, draw, 0);
  double const computing = even.forward + even.backward + even.optimiser, together = timeline(even, adding);
  terms.tensor = tensor(draw);
  terms.compute = computing - terms.tensor;
  terms.rest = rest_.seconds;
  terms.communication = together - computing;
  terms.stragglers = timeline(lane(nodes, draw, slowest(nodes, draw)), adding) - together;
  terms.noise = synchronisation_noise(scenario_.fabric, nodes, draw.noise);
  terms.unexplained = unexplained(nodes, together + terms.stragglers, draw);
  terms.seconds = together + terms.stragglers + terms.noise + terms.unexplained + terms.rest;
  terms.sums = total(adding);
  add_input(terms, nodes, draw);
  terms.limit = limit_of(terms);
  return terms;
}

}  // namespace muster::project
