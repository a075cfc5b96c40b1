#include "kernels/train_step/step_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include "kernels/collective/collective_instance.hpp"

namespace muster::train {
namespace {

constexpr double least_told = 0.98;  // of the time outside, that the parts must add up to

double compute_of(StepTime const& time) { return time.forward + time.backward + time.optimiser; }
double alone_compute_of(AloneTimes const& alone) { return alone.forward + alone.backward + alone.optimiser; }
double sum_of(std::vector<double> const& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}
double ratio(double a, double b) { return b > 0 ? a / b : 0; }

/// What the rank does if the input never makes it wait.
double without_input(AloneTimes const& alone) {
  return shortest_step(alone.compute_pieces, alone.communication_pieces);
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  double const at = q * static_cast<double>(values.size() - 1);
  auto const below = static_cast<std::size_t>(at);
  auto const above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

/// Seconds of a step in sums, where each takes what the rank that came last has seen of it; mean over steps.
double transfer_of(RankComparison const& ranks, std::size_t buckets) {
  return buckets == 0 ? 0
                      : ratio(sum_of(ranks.transfers), static_cast<double>(ranks.transfers.size() / buckets));
}

/// The least over the ranks that sum together, bucket by bucket.
double transfer_alone(StepMeasured const& m, Group& group) {
  return sum_of(least_of_team(m.alone.communication_pieces.reduce, m.team, m.teams, group));
}

/// What dataload's name of a stage stands for.
std::string input_by(std::vector<std::pair<std::string, std::string>> const& facts) {
  auto const found = std::ranges::find(facts, "bottleneck", &std::pair<std::string, std::string>::first);
  if (found == facts.end()) return "";
  for (auto const& [stage, name] :
       {std::pair{"read", "storage"}, std::pair{"copy", "the link"}, std::pair{"decode", "decoding"},
        std::pair{"preprocess", "preprocessing"}}) {
    if (found->second == stage) return name;
  }
  return "";
}

double mean_share(std::span<RankMeans const> ranks, double (*seconds)(RankMeans const&)) {
  double sum = 0;
  for (auto const& rank : ranks) sum += ratio(seconds(rank), rank.step);
  return ratio(sum, static_cast<double>(ranks.size()));
}

double hidden_share(StepTime const& mean) {
  return std::max(0.0, 1 - ratio(mean.communication, mean.reducing));
}

double peak_share(StepPlan const& plan, StepReport const& report) {
  double const flops =
      static_cast<double>(plan.forward_flops() + plan.backward_flops()) * plan.options.accumulate;
  return report.peak ? ratio(ratio(flops, report.measured.mean.step), report.peak->value) : 0;
}

double compute_slowdown(StepMeasured const& m) {
  return ratio(compute_of(m.mean), alone_compute_of(m.alone)) - 1;
}

/// Over the ranks where the numbers are each rank's own: their highest.
StepShares shares_of(StepPlan const& plan, StepReport const& report, Group& group) {
  auto const& m = report.measured;
  StepShares shares{
      .input = mean_share(m.ranks.ranks, [](RankMeans const& r) { return r.input; }),
      .communication = mean_share(
          m.ranks.ranks, [](RankMeans const& r) { return std::max(0.0, r.waiting - r.waited - r.tensor); }),
      .compute = mean_share(m.ranks.ranks, [](RankMeans const& r) { return r.compute; }),
      .holdup = report.holdup,
      .input_by = input_by(m.input_facts),
      .overlap = plan.options.overlap};
  std::array<double, 6> own{ratio(m.mean.tensor, m.mean.step),
                            ratio(m.mean.checkpoint, m.mean.step),
                            m.alone.input > 0 ? -without_input(m.alone) / m.alone.input : -INFINITY,
                            hidden_share(m.mean),
                            peak_share(plan, report),
                            compute_slowdown(m)};
  group.max(own);
  shares.tensor = own[0], shares.checkpoint = own[1];
  shares.input_alone = std::isfinite(own[2]) ? -own[2] : 0;
  shares.communication_hidden = own[3], shares.peak = own[4], shares.compute_slowdown = own[5];
  return shares;
}

/// The first rank's words are everybody's.
std::string agreed(std::string text, Group& group) {
  std::array<char, 256> bytes{};
  text.copy(bytes.data(), bytes.size() - 1);
  group.broadcast(std::as_writable_bytes(std::span(bytes)), 0);
  return bytes.data();
}

void add(std::vector<Figure>& figures, std::vector<Figure> more) {
  for (auto& figure : more) figures.push_back(std::move(figure));
}

std::vector<Figure> part_figures(StepTime const& mean, StepReport const& report) {
  std::vector<double> steps;
  for (auto const& step : report.measured.ranks.steps) steps.push_back(step.step);
  return {{"part_input", mean.input, "s"},
          {"part_forward", mean.forward, "s"},
          {"part_backward", mean.backward, "s"},
          {"part_tensor", mean.tensor, "s"},
          {"part_communication", mean.communication, "s"},
          {"part_optimiser", mean.optimiser, "s"},
          {"part_checkpoint", mean.checkpoint, "s"},
          {"part_rest", mean.rest, "s"},
          {"step_mean", mean.step, "s"},
          {"step_p50", quantile(steps, 0.5), "s"},
          {"step_p99", quantile(steps, 0.99), "s"},
          {"step_max", report.measured.ranks.longest, "s"},
          {"parts_of_sample", report.measured.alone.told, ""}};
}

std::vector<Figure> alone_figures(AloneTimes const& alone) {
  std::vector<Figure> figures{{"compute_alone", alone.compute, "s"},
                              {"forward_alone", alone.forward, "s"},
                              {"backward_alone", alone.backward, "s"},
                              {"optimiser_alone", alone.optimiser, "s"}};
  if (alone.communication >= 0) figures.push_back({"communication_alone", alone.communication, "s"});
  if (alone.input >= 0) figures.push_back({"input_alone", alone.input, "s"});
  return figures;
}

std::vector<Figure> contention_figures(StepReport const& report) {
  auto const& m = report.measured;
  std::vector<Figure> figures{{"compute_slowdown", compute_slowdown(m), ""}};
  if (m.alone.backward_beside_sums >= 0)
    figures.push_back(
        {"compute_slowdown_by_sums", ratio(m.alone.backward_beside_sums, m.alone.backward) - 1, ""});
  if (m.alone.compute_beside_input >= 0)
    figures.push_back({"compute_slowdown_by_input",
                       ratio(m.alone.compute_beside_input, alone_compute_of(m.alone)) - 1, ""});
  if (report.transfer_alone > 0) {
    add(figures, {{"reducing", m.mean.reducing, "s"},
                  {"communication_slowdown", ratio(report.transfer_inside, report.transfer_alone) - 1, ""},
                  {"communication_hidden", hidden_share(m.mean), ""}});
  }
  return figures;
}

std::vector<Figure> limit_figures(StepReport const& report) {
  double slowest = 0;
  for (auto const& rank : report.measured.ranks.ranks) slowest = std::max(slowest, rank.step);
  return {{"limit", report.limit, "s"},
          {"tail", report.tail, "s"},
          {"over_limit", ratio(slowest, report.limit) - 1, ""}};
}

std::vector<Figure> rate_figures(StepPlan const& plan, StepReport const& report, double samples) {
  auto const& m = report.measured;
  double const own = static_cast<double>(plan.samples) * plan.options.accumulate, step = m.mean.step;
  double const flops =
      static_cast<double>(plan.forward_flops() + plan.backward_flops()) * plan.options.accumulate;
  std::vector<Figure> figures{{"samples_per_second", ratio(samples, step), "samples/s"},
                              {"flops_per_sample", flops * plan.tensor_parallel / own, "FLOP"},
                              {"model_flop_rate", ratio(flops, step), "FLOP/s"}};
  if (plan.tokens > 0)
    figures.push_back(
        {"tokens_per_second", ratio(samples * static_cast<double>(plan.tokens), step), "tokens/s"});
  if (report.peak) figures.push_back({"model_flop_utilisation", peak_share(plan, report), ""});
  double const bytes = m.bytes_of_batch * plan.options.accumulate;
  if (bytes > 0) {
    add(figures, {{"input_bandwidth", ratio(bytes, step), "B/s"},
                  {"input_demand", ratio(bytes, without_input(m.alone)), "B/s"}});
  }
  return figures;
}

std::vector<Figure> size_figures(StepPlan const& plan, StepMeasured const& measured) {
  return {{"parameters", static_cast<double>(plan.parameters), ""},
          {"gradient_bytes", static_cast<double>(plan.parameters * bytes_of(plan.options.type)), "B"},
          {"buckets", static_cast<double>(plan.buckets.size()), ""},
          {"steps", static_cast<double>(measured.steps), ""},
          {"batch", static_cast<double>(plan.samples * plan.options.accumulate), "samples"}};
}

Matrix ranks_matrix(std::span<RankMeans const> ranks) {
  Matrix matrix{.name = "ranks",
                .unit = "s",
                .rows = {},
                .columns = {"step", "compute", "input", "waited"},
                .values = {}};
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    auto const& r = ranks[rank];
    matrix.rows.push_back(std::to_string(rank));
    matrix.values.insert(matrix.values.end(), {r.step, r.compute, r.input, r.waited});
  }
  return matrix;
}

double sampled_seconds(RankComparison const& ranks) {
  return ranks.steps.empty() ? 0 : ranks.steps.back().begin + ranks.steps.back().step;
}

std::string slowest_rank_words(StepReport const& report) {
  auto const& holdup = report.holdup;
  if (holdup.rank < 0) return "none that the others wait 2 % of the step for";
  double const last = report.measured.ranks.ranks[static_cast<std::size_t>(holdup.rank)].last;
  return fmt::format(
      "rank {}: the others wait {:.0f} % of the step for it, which comes last in {:.0f} % of the steps",
      holdup.rank, 100 * holdup.share, 100 * last);
}

std::string steadiness_words(StepReport const& report) {
  auto const drift = words(report.drift, sampled_seconds(report.measured.ranks)),
             stalls = words(report.stalls);
  if (drift.empty() && stalls.empty()) return "steady";
  return drift + (drift.empty() || stalls.empty() ? "" : "; ") + stalls;
}

}  // namespace

StepReport report_of(StepPlan const& plan, StepMeasured measured, Device& device, Group& group) {
  StepReport report{.measured = std::move(measured)};
  auto const& m = report.measured;
  double const longest = std::max({m.alone.compute, m.alone.communication, m.alone.input});
  std::array<double, 2> over_ranks{std::max(without_input(m.alone), m.alone.input), longest};
  group.max(over_ranks);
  report.limit = over_ranks[0];
  report.tail = std::max(0.0, over_ranks[0] - over_ranks[1]);
  report.transfer_alone = transfer_alone(m, group);
  report.transfer_inside = transfer_of(m.ranks, plan.buckets.size());
  on_all_ranks(group, [&] {  // group calls follow
    report.peak = device.peak_flops(plan.options.type == Type::fp32 ? "fp32" : "bf16");
  });
  report.holdup = find_holdup(m.ranks.ranks);
  report.slices = slices_of(m.ranks.steps);
  report.drift = find_drift(report.slices);
  report.stalls = find_stalls(m.ranks.steps);
  report.finding = agreed(finding_of(shares_of(plan, report, group)), group);
  return report;
}

std::vector<Figure> figures_of(StepPlan const& plan, StepReport const& report, double samples, int rank) {
  auto const& m = report.measured;
  auto figures = part_figures(m.mean, report);
  add(figures, alone_figures(m.alone));
  add(figures, contention_figures(report));
  add(figures, limit_figures(report));
  add(figures, rate_figures(plan, report, samples));
  add(figures, size_figures(plan, m));
  auto const& ranks = m.ranks.ranks;
  if (ranks.size() > 1)
    figures.push_back({"waited_for_ranks", ranks[static_cast<std::size_t>(rank)].waited, "s"});
  if (plan.options.checkpoint > 0) figures.push_back({"checkpoint_cost", m.mean.checkpoint, "s"});
  return figures;
}

std::vector<Matrix> matrices_of(StepReport const& report) {
  std::vector<Matrix> matrices;
  if (report.measured.ranks.ranks.size() > 1) matrices.push_back(ranks_matrix(report.measured.ranks.ranks));
  if (!report.slices.empty())
    matrices.push_back(timeline_matrix(report.slices, sampled_seconds(report.measured.ranks)));
  return matrices;
}

std::vector<std::pair<std::string, std::string>> facts_of(StepReport const& report) {
  std::vector<std::pair<std::string, std::string>> facts{{"finding", report.finding}};
  if (report.measured.ranks.ranks.size() > 1) facts.emplace_back("slowest_rank", slowest_rank_words(report));
  facts.emplace_back("steadiness", steadiness_words(report));
  auto const told = report.measured.alone.told;
  if (told < least_told) {
    facts.emplace_back("left_out",
                       fmt::format("the parts add up to {:.1f} % of the time: {:.1f} % passes between one "
                                   "step's end and the next one's begin",
                                   100 * told, 100 * (1 - told)));
  }
  return facts;
}

}  // namespace muster::train
