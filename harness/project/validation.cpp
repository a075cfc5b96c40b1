#include "harness/project/validation.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/core/statistics.hpp"
#include "harness/project/collective_model.hpp"
#include "harness/project/draws.hpp"
#include "harness/project/left_out.hpp"
#include "harness/project/model_error.hpp"
#include "harness/project/published_premise.hpp"
#include "harness/project/validation_pairs.hpp"

namespace muster::project {
namespace {

/// Runs that differ by this much are published as one figure, where the spread of runs is not published
/// itself.
constexpr double least_spread = 0.01;

/// One pair, ready to be predicted.
struct Task {
  PublishedSeries const* series;
  PublishedPair pair;

  PublishedPoint const& target() const { return series->points[pair.target]; }
  PublishedPoint const& from(std::size_t i) const { return series->points[pair.from[i]]; }
  /// From the largest that was measured; of sums from a description alone, the target's own size is not.
  Distance distance() const {
    int nodes = 1, gpus = 1;
    for (auto const i : pair.from) {
      auto const& point = series->points[i];
      nodes = std::max(nodes, point.nodes), gpus = std::max(gpus, point.gpus);
    }
    return {doublings_beyond(target().gpus, gpus), target().nodes > 1 && nodes == 1};
  }
};

std::vector<Task> tasks_of(ValidationData const& data) {
  std::vector<Task> tasks;
  for (auto const& series : data.series)
    for (auto& pair : pairs_of(series)) tasks.push_back({&series, std::move(pair)});
  return tasks;
}

/// A draw of how far each published premise lies from what another run of it would give.
double published_seconds(PublishedPoint const& point, double pull) {
  return point.seconds * std::exp(std::max(point.spread, least_spread) * pull);
}

/// Independent pulls of up to two premises out of one draw: its own of the machine's rate, which one
/// operator's figures do not have, and that of storage, which nothing here waits for.
double premise_pull(Draw const& draw, std::size_t i) { return i == 0 ? draw.compute : draw.storage; }

/// One operator; what doublings cost comes later, as found without the family (left_out.hpp).
Draw machine(Draw draw) {
  draw.compute = draw.lost = 0;
  return draw;
}

class Predictor {
 public:
  Predictor(Task const& task, double noise) : task_(task), noise_(noise) {}

  /// s, before what the model cannot say is added.
  double seconds(Draw const& draw) const {
    if (task_.series->kind == PublishedKind::sum) return sum(draw);
    auto const batch = task_.pair.premise == Premise::curve ? on_line(draw) : mean_batch(draw);
    return predicted_seconds(*task_.series, task_.target(), largest(), batch, noise_, machine(draw));
  }

 private:
  double batch_of(std::size_t i, Draw const& draw) const {
    auto const& point = task_.from(i);
    return solve_batch(*task_.series, point, published_seconds(point, premise_pull(draw, i)), noise_,
                       machine(draw));
  }

  /// Of figures of the same work; as much longer as a larger batch is.
  double mean_batch(Draw const& draw) const {
    double total = 0;
    for (std::size_t i = 0; i < task_.pair.from.size(); ++i)
      total += batch_of(i, draw) * task_.target().local / task_.from(i).local;
    return total / static_cast<double>(task_.pair.from.size());
  }

  double on_line(Draw const& draw) const {
    double const first = batch_of(0, draw), second = batch_of(1, draw);
    double const x0 = task_.from(0).local, x1 = task_.from(1).local;
    double const batch = first + (second - first) * (task_.target().local - x0) / (x1 - x0);
    return std::max(batch, 0.01 * std::min(first, second));
  }

  PublishedPoint const& largest() const {
    auto const by_gpus = [&](std::size_t i) { return task_.series->points[i].gpus; };
    return task_.series->points[*std::ranges::max_element(task_.pair.from, {}, by_gpus)];
  }

  double sum(Draw const& draw) const {
    std::vector<CollectivePoint> measured;
    for (auto const i : task_.pair.from) {
      auto const& point = task_.series->points[i];
      measured.push_back(
          {point.bytes, point.nodes, point.gpus / point.nodes, point.seconds, point.algorithm});
    }
    auto const& target = task_.target();
    CollectiveModel const model(system_of(*task_.series, target, noise_), measured);
    double const pull = target.nodes > 1 ? draw.between : draw.inside;
    return model.all_reduce(target.bytes, target.nodes, target.gpus / target.nodes, pull);
  }

  Task const& task_;
  double noise_;
};

/// What the parts alone give: of the middle and of every draw.
PredictedSample sample_of(Task const& task, std::vector<Draw> const& draws, double noise) {
  Predictor const predictor(task, noise);
  PredictedSample sample{task.series->family,
                         task.pair.unknown.empty() && task.series->kind != PublishedKind::sum,
                         task.distance(), task.target().seconds, predictor.seconds({})};
  for (auto const& draw : draws) sample.draws.push_back({predictor.seconds(draw), draw.model});
  return sample;
}

std::string sizes(Task const& task) {
  std::set<int> gpus;
  for (auto const i : task.pair.from) gpus.insert(task.series->points[i].gpus);
  std::string text;
  for (int const one : gpus) text += (text.empty() ? "" : " + ") + std::to_string(one);
  return text;
}

/// Sums come with the calibration's own doubt; nothing else is added to them.
void predict(Task const& task, PredictedSample const& sample, ModelError const& error,
             ValidatedPoint& point) {
  bool const sum = task.series->kind == PublishedKind::sum;
  auto const band = sum ? raw_band(sample) : band_with(sample, error);
  point.p10 = band.p10, point.p50 = band.p50, point.p90 = band.p90;
  point.error = point.p50 / point.published - 1;
  point.inside = point.p10 <= point.published && point.published <= point.p90;
}

ValidatedPoint validated(Task const& task, PredictedSample const& sample, ModelError const& error) {
  ValidatedPoint point{
      task.series->name, task.series->family, sizes(task),       std::to_string(task.target().gpus),
      task.series->kind, task.pair.premise,   task.pair.unknown, task.target().seconds};
  predict(task, sample, error, point);
  return point;
}

ValidationSummary summary_of(std::vector<ValidatedPoint> const& points, bool known) {
  std::vector<double> errors;
  double inside = 0;
  for (auto const& point : points) {
    if (point.unknown.empty() != known) continue;
    errors.push_back(std::abs(point.error));
    inside += point.inside ? 1 : 0;
  }
  if (errors.empty()) return {};
  auto const count = errors.size();
  return {static_cast<int>(count), median(errors), *std::ranges::max_element(errors),
          inside / static_cast<double>(count)};
}

}  // namespace

Validation validate(ValidationData const& data, ValidateOptions const& options) {
  auto const tasks = tasks_of(data);
  auto const draws = make_draws(options.draws, options.seed);
  std::vector<PredictedSample> samples;
  for (auto const& task : tasks) samples.push_back(sample_of(task, draws, options.assumed_noise));
  Validation validation;
  validation.found = found_without_each(samples);
  for (std::size_t i = 0; i < tasks.size(); ++i)
    validation.points.push_back(
        validated(tasks[i], samples[i], error_for(validation.found, tasks[i].series->family)));
  validation.known = summary_of(validation.points, true);
  validation.apart = summary_of(validation.points, false);
  return validation;
}

}  // namespace muster::project
