#include "kernels/train_step/inference_instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>

#include "kernels/collective/collective_instance.hpp"
#include "kernels/contract/random.hpp"
#include "kernels/dataload/records.hpp"
#include "kernels/gemm/gemm_bound.hpp"
#include "kernels/train_step/micro_examination.hpp"
#include "kernels/train_step/step_runner.hpp"
#include "kernels/train_step/step_samples.hpp"

namespace muster::train {
namespace {

constexpr double latency_seconds = 1.5, burst_seconds = 0.3;
constexpr std::uint64_t fewest_latencies = 100;  // a 99th percentile wants as many
constexpr double longest_seconds = 10;           // of slow passes there are fewer

double system_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

char const* peak_name(Type type) { return type == Type::fp32 ? "fp32" : "bf16"; }

}  // namespace

InferenceContext::InferenceContext(StepPlan const& plan, Context& context)
    : alone_(plan.tensor_parallel > 1 ? nullptr : context.group.split(context.group.rank())),
      context_{
          context.device,  alone_ ? *alone_ : context.group, context.seed, context.data,    context.cache,
          context.network, context.operation_seconds,        context.note, context.progress} {}

double PassTimes::quantile(double q) const {
  auto const rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(latencies.size())));
  return latencies.at(std::clamp<std::size_t>(rank, 1, latencies.size()) - 1);
}

InferenceInstance::InferenceInstance(StepPlan plan, std::unique_ptr<InferenceContext> context,
                                     std::unique_ptr<StepInput> input, std::unique_ptr<StepMachine> machine,
                                     Clock clock)
    : context_(std::move(context)),
      device_(context_->get().device),
      group_(context_->get().group),
      seed_(context_->get().seed),
      plan_(std::move(plan)),
      marks_(plan_),
      groups_(plan_.tensor_parallel, group_),
      input_(std::move(input)),
      machine_(std::move(machine)),
      clock_(clock ? std::move(clock) : system_seconds),
      times_(static_cast<std::size_t>(marks_.count())) {}

void InferenceInstance::launch() {
  if (std::exchange(paused_, false)) input_->resume();
  pass();
}

/// As a training step's: a pass is recorded in every place for times before any of them counts.
void InferenceInstance::sampling_begins() {
  for (std::uint64_t i = 0; plan_.options.graph && i < 2 * kept_steps; ++i) launch();
}

/// A machine records what lies between the two ends of a step, and keeps the marks of a few.
void InferenceInstance::open_pass() {
  auto const take_times = [this] {
    for (; open_ > 0 && machine_->take_times(times_); --open_) continue;
  };
  take_times();
  wait_for_room(*machine_, open_, take_times);
  machine_->open_step();
  ++open_;
}

void InferenceInstance::pass() {
  if (plan_.options.graph) open_pass();
  enqueue_pass(plan_, {}, *machine_);
  if (plan_.options.graph) machine_->mark(Lane::compute, marks_.end());
}

double InferenceInstance::teams() const {
  return static_cast<double>(group_.size()) / groups_.teams().sharing;
}

/// What a pass has to read of them: an embedding's rows that no element of the batch asks for lie idle.
std::uint64_t InferenceInstance::weight_bytes() const {
  std::uint64_t count = std::min(plan_.embedding_count, plan_.layers.front().input_count());
  for (auto const& layer : plan_.layers) count += layer.parameter_count();
  return count * bytes_of(plan_.options.type);
}

Work InferenceInstance::work() const {
  auto const ranks = static_cast<std::uint64_t>(group_.size());
  return {.bytes = ranks * weight_bytes(),
          .flops = ranks * plan_.forward_flops(),
          .items = static_cast<std::uint64_t>(static_cast<double>(plan_.samples) * teams())};
}

std::vector<double> InferenceInstance::last_outputs() {
  constexpr std::uint64_t most = 4096;
  auto const count = plan_.layers.back().output_count();
  auto const places = sampled_indices(stream_key(seed_, 0x5B00000000ULL), count, std::min(count, most));
  return machine_->read(Array::outputs, static_cast<int>(plan_.layers.size()) - 1, places);
}

/// As launches do it first: what a pass left out would still lie there after its pieces.
Verdict InferenceInstance::verify() {
  paused_ = true;
  machine_->settle();
  machine_->use_fixed_batch(true);
  pass();
  auto const of_a_pass = last_outputs();
  MicroExamination examination(plan_, *machine_, groups_, seed_);
  examination.run_forward();
  auto findings = examination.findings();
  verified_ = last_outputs();
  if (of_a_pass != verified_) findings.fail("a pass has other last outputs than its pieces, one by one");
  machine_->use_fixed_batch(false);
  auto const input = input_->verify();
  auto const verdict =
      findings.verdict("samples of every layer against double precision, and a pass against its pieces");
  return verdict.ok() && !input.ok() ? input : verdict;
}

std::optional<Fingerprint> InferenceInstance::fingerprint() {
  if (context_->together()) return std::nullopt;
  std::string made_by = fmt::format("{}, {} threads", device_.info().name, device_.team().size());
  for (auto const& [name, text] : machine_->facts()) made_by += fmt::format(", {}: {}", name, text);
  return Fingerprint{dataload::hash_of(std::as_bytes(std::span(verified_))), made_by};
}

/// The slower of computing and of reading the weights once; what stays in the caches is not read. Group calls
/// follow: nobody goes on alone where measuring a peak fails.
std::optional<Bound> InferenceInstance::bound() {
  std::optional<Bound> limit;
  on_all_ranks(group_, [&] {
    auto const peak = device_.peak_flops(peak_name(plan_.options.type));
    bool const from_memory = weight_bytes() >= 4 * device_.cache_bytes();  // STREAM's rule
    Work const one{.bytes = weight_bytes(), .flops = plan_.forward_flops()};
    limit = from_memory ? roofline(one, peak, device_.memory_bandwidth()) : peak;
  });
  if (!limit) return limit;
  limit->value *= static_cast<double>(plan_.samples) * teams() / static_cast<double>(plan_.forward_flops());
  limit->unit = "samples/s";
  return limit;
}

/// Passes in so many seconds; where ranks work together, as many on each.
std::uint64_t InferenceInstance::agreed(double seconds, double each, std::uint64_t least,
                                        std::uint64_t most) {
  double const slowest = std::max(context_->together() ? group_.max(each) : each, 1e-9);
  auto const wanted = std::clamp(static_cast<std::uint64_t>(seconds / slowest), least, most);
  auto const bearable = static_cast<std::uint64_t>(longest_seconds / slowest);
  return std::max<std::uint64_t>(3, std::min(wanted, bearable));
}

/// Seconds of so many passes.
double InferenceInstance::settled(std::uint64_t passes) {
  double const begin = clock_();
  for (std::uint64_t i = 0; i < passes; ++i) pass();
  machine_->settle();
  return clock_() - begin;
}

/// Passes of a rank whose device fails leave the others with sums that never end, until the limit of an
/// operation; but none alone in the group's next call.
PassTimes InferenceInstance::measure() {
  PassTimes times;
  double each = 0;
  on_all_ranks(group_, [&] { each = settled(1); });
  auto const single = agreed(latency_seconds, each, fewest_latencies, 2000),
             many = agreed(burst_seconds, each, 3, 5000);
  on_all_ranks(group_, [&] {
    for (auto left = single; left > 0; --left) times.latencies.push_back(settled(1));
    times.pass = settled(many) / static_cast<double>(many);
  });
  std::ranges::sort(times.latencies);
  return times;
}

std::vector<Figure> InferenceInstance::rates(double pass) const {
  double const flops = static_cast<double>(plan_.forward_flops()),
               samples = static_cast<double>(plan_.samples);
  double const weights = static_cast<double>(weight_bytes());
  std::vector<Figure> figures{{"flops_per_sample", flops * plan_.tensor_parallel / samples, "FLOP"},
                              {"model_flop_rate", flops / pass, "FLOP/s"},
                              {"weight_bytes", weights, "B"},
                              {"weight_bandwidth", weights / pass, "B/s"}};
  if (plan_.tokens > 0)
    figures.push_back(
        {"tokens_per_second", samples * static_cast<double>(plan_.tokens) * teams() / pass, "tokens/s"});
  if (auto const peak = device_.peak_flops(peak_name(plan_.options.type)))
    figures.push_back({"model_flop_utilisation", flops / pass / peak->value, ""});
  if (auto const memory = device_.memory_bandwidth())
    figures.push_back({"weight_bandwidth_share", weights / pass / memory->value, ""});
  return figures;
}

std::vector<Figure> InferenceInstance::figures() {
  input_->resume();
  auto const times = measure();
  std::vector<Figure> figures{{"latency_p50", times.quantile(0.5), "s"},
                              {"latency_p99", times.quantile(0.99), "s"},
                              {"latency_max", times.latencies.back(), "s"},
                              {"latency_passes", static_cast<double>(times.latencies.size()), ""},
                              {"pass_seconds", times.pass, "s"}};
  for (auto const& more : {rates(times.pass), input_->figures()})
    figures.insert(figures.end(), more.begin(), more.end());
  figures.push_back({"parameters", static_cast<double>(plan_.parameters), ""});
  figures.push_back({"batch", static_cast<double>(plan_.samples), "samples"});
  return figures;
}

std::vector<std::pair<std::string, std::string>> InferenceInstance::facts() {
  std::vector<std::pair<std::string, std::string>> facts{
      {"left_out", plan_.tokens > 0 ? "normalisations, softmax, residual connections; the sequence is there "
                                      "at once (prefill): no token "
                                      "is generated, no cache of keys and values is read"
                                    : "normalisations, residual connections"}};
  for (auto& more :
       {facts_of_parts(plan_.tensor_parallel, groups_.teams()), machine_->facts(), input_->facts()})
    facts.insert(facts.end(), more.begin(), more.end());
  return facts;
}

}  // namespace muster::train
