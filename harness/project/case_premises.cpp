#include "harness/project/case_premises.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "harness/core/statistics.hpp"
#include "harness/project/gradient_buckets.hpp"

namespace muster::project {
namespace {

bool has_text(Params const& params, std::string_view name, std::string_view value) {
  return params.has(name) && params.text(name) == value;
}

bool is_ok(CaseResult const& result) { return result.status == CaseStatus::ok && !result.launches.empty(); }

/// Each value over the median of all; {1} where there are none.
std::vector<double> over_median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !(value > 0); });
  if (values.empty()) return {1};
  double const middle = median(values);
  for (double& value : values) value /= middle;
  return values;
}

std::vector<double> column(CaseResult const& result, std::string_view matrix, std::string_view name) {
  auto const found = std::ranges::find(result.matrices, matrix, &Matrix::name);
  if (found == result.matrices.end()) return {};
  auto const at = std::ranges::find(found->columns, name) - found->columns.begin();
  std::vector<double> values;
  for (auto i = static_cast<std::size_t>(at); i < found->values.size(); i += found->columns.size())
    values.push_back(found->values[i]);
  return values;
}

std::vector<double> launch_seconds(CaseResult const& result) {
  std::vector<double> seconds;
  for (auto const& launch : result.launches) seconds.push_back(launch.seconds_per_op);
  return seconds;
}

/// Computing of all ranks: launches of one GPU say nothing of others.
std::vector<double> gpu_spread(CaseResult const& result) {
  return over_median(column(result, "ranks", "compute"));
}

/// As deep in the tail as a share q of all lies: delays grow in even steps of it, not of q.
double depth(double q) { return -std::log1p(-q); }

/// A launch's step times by their order statistics, in even steps of probability: rates' lowest are times'
/// longest. The longest of n stands where one in n is beyond, which few of them show.
void add_steps(Summary const& rate, std::vector<double>& spread) {
  constexpr int points = 40;
  double const last = 1 - 1.0 / std::max(2 * points, static_cast<int>(rate.samples));
  std::array<std::pair<double, double>, 5> const known{{{0, rate.median / rate.max},
                                                        {0.05, rate.median / rate.p95},
                                                        {0.5, 1},
                                                        {0.95, rate.median / rate.p05},
                                                        {last, rate.median / rate.min}}};
  std::size_t part = 0;
  for (int i = 0; i < points; ++i) {
    double const q = (i + 0.5) / points;
    while (part + 2 < known.size() && q > known[part + 1].first) ++part;
    auto const& [from, low] = known[part];
    auto const& [to, high] = known[part + 1];
    spread.push_back(low + (high - low) * (depth(q) - depth(from)) / (depth(to) - depth(from)));
  }
}

std::vector<double> step_spread(CaseResult const& result) {
  std::vector<double> spread;
  for (auto const& launch : result.launches) {
    auto const& rate = launch.metric;
    if (rate.samples > 1 && rate.min > 0 && rate.p05 > 0) add_steps(rate, spread);
  }
  return spread.empty() ? std::vector<double>{1} : spread;
}

std::optional<double> mean_watts(CaseResult const& result) {
  std::vector<double> watts;
  for (auto const& rank : result.rank_figures) {
    if (rank.telemetry && rank.telemetry->mean_watts) watts.push_back(*rank.telemetry->mean_watts);
  }
  return watts.empty() ? std::nullopt : std::optional(mean(watts));
}

/// Forward, backward and optimiser with nothing beside them, or where that was not timed, inside the step. Of
/// a step that is only timed as a whole a third counts as forward: the backward pass has twice the products.
bool read_parts(CaseResult const& result, StepPremise& premise) {
  auto const part = [&](char const* alone, char const* inside) {
    auto const found = figure(result, alone);
    return found ? found : figure(result, inside);
  };
  auto const forward = part("forward_alone", "part_forward"),
             backward = part("backward_alone", "part_backward"),
             optimiser = part("optimiser_alone", "part_optimiser");
  if (!forward || !backward || !optimiser) {
    double const step = figure(result, "step_mean").value_or(0);
    premise.forward = step / 3, premise.backward = 2 * premise.forward;
    return step > 0;
  }
  if (!(*forward > 0)) return false;
  premise.forward = *forward, premise.backward = *backward, premise.optimiser = *optimiser;
  return true;
}

void read_rates(CaseResult const& result, StepPremise& premise) {
  double const rate = figure(result, "samples_per_second").value_or(0);
  premise.flops = figure(result, "flops_per_sample").value_or(0);
  if (rate <= 0) return;
  premise.tokens = figure(result, "tokens_per_second").value_or(0) / rate;
  premise.input_bytes = figure(result, "input_bandwidth").value_or(0) * premise.ranks / rate;
}

int buckets_of(double bytes) {
  return static_cast<int>(std::clamp(std::ceil(bytes / static_cast<double>(usual_bucket)), 1.0, 4096.0));
}

/// Other programs' training steps have no network: their gradients in even buckets.
void read_gradients(CaseResult const& result, StepPremise& premise) {
  if (result.params.has("network")) {
    premise.buckets = gradient_buckets(result.params);
    premise.tensor = tensor_sums(result.params);
  } else if (auto const bytes = figure(result, "gradient_bytes")) {
    premise.buckets = even_buckets(*bytes, buckets_of(*bytes));
  }
}

std::vector<double> rates_of_ranks(CaseResult const& result) {
  std::map<int, std::vector<double>> by_rank;
  for (auto const& rank : result.rank_figures) by_rank[rank.rank].push_back(rank.metric.median);
  std::vector<double> rates;
  for (auto const& [rank, launches] : by_rank) rates.push_back(median(launches));
  if (rates.empty() && result.rank_spread) {
    auto const& spread = *result.rank_spread;
    rates = {spread.min, spread.p05, spread.median, spread.p95, spread.max};
  }
  if (rates.empty()) rates.push_back(result.launches.front().metric.median);
  return rates;
}

bool is_product_of(CaseResult const& result, std::initializer_list<std::string_view> types) {
  return result.workload == "gemm" &&
         std::ranges::any_of(types, [&](auto type) { return has_text(result.params, "type", type); });
}

}  // namespace

std::optional<double> figure(CaseResult const& result, std::string_view name) {
  auto const found = std::ranges::find(result.figures, name, &Figure::name);
  return found == result.figures.end() ? std::nullopt : std::optional(found->value);
}

int nodes_of(CaseResult const& result, Document const& document) {
  std::set<std::string> names;
  for (auto const& rank : result.rank_figures) names.insert(rank.node);
  if (result.rank_spread) {
    for (auto const& node : result.rank_spread->nodes) names.insert(node.node);
  }
  auto const all = static_cast<int>(std::max<std::size_t>(document.nodes.size(), 1));
  return names.empty() ? std::min(all, std::max(result.ranks, 1)) : static_cast<int>(names.size());
}

bool is_variant(CaseResult const& result) {
  auto const& params = result.params;
  return has_text(params, "overlap", "no_overlap") || has_text(params, "input", "no_input") ||
         has_text(params, "graph", "graph") || has_text(params, "endurance", "endurance") ||
         (params.has("checkpoint") && params.integer("checkpoint") > 0) ||
         (params.has("channels") && params.integer("channels") > 0);
}

std::optional<StepPremise> step_premise(CaseResult const& result, Document const& document) {
  if (result.workload != "train_step" || !is_ok(result)) return std::nullopt;
  StepPremise premise;
  premise.name = result.name;
  premise.ranks = result.ranks, premise.nodes = nodes_of(result, document);
  premise.model = result.params.has("model") ? result.params.text("model") : result.name;
  premise.samples = figure(result, "batch").value_or(0);  // of all that it accumulates
  if (premise.samples <= 0 || !read_parts(result, premise)) return std::nullopt;
  read_rates(result, premise);
  read_gradients(result, premise);
  if (premise.tensor) premise.samples /= premise.tensor->ranks;  // who share layers share a batch
  premise.sum_slowdown = std::max(0.0, figure(result, "compute_slowdown_by_sums").value_or(0));
  premise.gpu_spread = gpu_spread(result);
  premise.step_spread = step_spread(result);
  premise.watts = mean_watts(result);
  if (auto const parameters = figure(result, "parameters")) premise.checkpoint_bytes = 12 * *parameters;
  premise.measured = launch_seconds(result);
  return premise;
}

std::optional<CollectivePoint> collective_point(CaseResult const& result, Document const& document) {
  auto const& params = result.params;
  bool const whole = !params.has("group") || has_text(params, "group", "world");
  bool const pipelined = !params.has("timing") || has_text(params, "timing", "pipelined");
  if (result.workload != "collective/all_reduce" || !is_ok(result) || !whole || !pipelined ||
      result.ranks < 2 || !params.has("bytes"))
    return std::nullopt;
  int const nodes = nodes_of(result, document);
  CollectivePoint point{static_cast<double>(params.integer("bytes")), nodes,
                        std::max(1, result.ranks / nodes)};
  point.seconds = median(launch_seconds(result));
  auto const algorithm =
      std::ranges::find(result.facts, "algorithm", &std::pair<std::string, std::string>::first);
  if (algorithm != result.facts.end()) point.algorithm = algorithm->second;
  return point.seconds > 0 ? std::optional(point) : std::nullopt;
}

std::optional<DevicePremise> device_premise(CaseResult const& result) {
  bool const product = is_product_of(result, {"bf16", "fp16", "fp64"});
  bool const memory = result.workload == "memory/copy" || result.workload == "memory/triad";
  if (!is_ok(result) || (!product && !memory)) return std::nullopt;
  return DevicePremise{result.name, result.metric.unit, rates_of_ranks(result)};
}

std::optional<StoragePremise> storage_premise(CaseResult const& result, Document const& document) {
  if (result.workload != "dataload/read" || !is_ok(result) || result.metric.unit != "B/s")
    return std::nullopt;
  StoragePremise premise{result.name, {}};
  double const ranks = std::max(1.0, static_cast<double>(result.ranks) / nodes_of(result, document));
  for (auto const& launch : result.launches) premise.rates.push_back(launch.metric.median * ranks);
  return premise;
}

}  // namespace muster::project
