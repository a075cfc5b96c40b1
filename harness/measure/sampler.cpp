#include "harness/measure/sampler.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <thread>
#include <utility>

#include "harness/measure/monitor.hpp"
#include "harness/measure/steady.hpp"
#include "harness/measure/stopping.hpp"

namespace muster {
namespace {

constexpr double burst_seconds = 0.2;
constexpr auto rest_before_burst = std::chrono::seconds(1);
constexpr double soak_look = 0.05;           // seconds of launches between two looks at the device
constexpr double warm_up = 0.15;             // seconds of launches right before the first sample
constexpr double longest_soak_window = 5.0;  // seconds over which rest is judged
constexpr std::uint64_t fewest_rounds = 8;   // that a whole budget is cut into
constexpr std::uint64_t rounds_of_endurance = 50;
constexpr double earliest_stop = 0.25;  // of the budget: a narrow interval may be luck before

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// What a sample must last at least: a CUDA event resolves 0.5 us, and 0.5 % is asked for. Between sustained
/// samples the device waits some 0.2 ms for the host, so they are long: 50 ms, but at least forty fit into
/// the budget.
double least_sample_seconds(Regime regime, Budget const& budget) {
  double const long_one = std::clamp(budget.seconds / 40, budget.min_sample_seconds, 50e-3);
  if (regime == Regime::sustained) return long_one;
  if (regime == Regime::endurance)
    return std::max(long_one, budget.seconds / static_cast<double>(budget.max_samples));
  if (regime == Regime::cold || regime == Regime::isolated) return 0;  // one launch
  return budget.min_sample_seconds;
}

/// Samples that take `seconds` together; at least one.
std::uint64_t samples_in(double seconds, SamplePlan const& plan) {
  double const each = plan.op_seconds * static_cast<double>(plan.ops_per_sample);
  return static_cast<std::uint64_t>(std::max(1.0, seconds / std::max(each, 1e-9)));
}

/// Long enough to judge by and short enough to stop in time; a burst is one round.
std::uint64_t samples_of_round(Regime regime, SamplePlan const& plan, Budget const& budget) {
  if (regime == Regime::burst) return std::min(samples_in(burst_seconds, plan), plan.samples);
  auto const rounds = regime == Regime::endurance ? rounds_of_endurance : fewest_rounds;
  return std::max(budget.min_samples, plan.samples / rounds);
}

}  // namespace

Sampler::Sampler(Device& device, Group& group, Scope scope, Budget budget, Bench bench)
    : device_(device), group_(group), scope_(scope), budget_(budget), bench_(std::move(bench)) {}

void Sampler::attempt(std::function<void()> const& step) {
  if (!able()) return;
  try {
    step();
  } catch (std::exception const&) {
    error_ = std::current_exception();
  }
}

void Sampler::rethrow_if_failed() const {
  if (error_) std::rethrow_exception(error_);
}

void Sampler::end_if_failed() {
  if (scope_ != Scope::group || group_.max(error_ ? 1.0 : 0.0) <= 0) return;
  rethrow_if_failed();
  throw PeerFault("another rank failed in this case");
}

Samples Sampler::run(std::string const& name, Instance& instance) {
  run_all(name, &instance);
  rethrow_if_failed();
  return samples_;
}

void Sampler::sit_out() { run_all("", nullptr); }

void Sampler::run_all(std::string const& name, Instance* instance) {
  agree_on_regime(instance);
  if (instance) pacer_.emplace(device_, *instance);
  auto plan = pilot();
  end_if_failed();
  group_.barrier();
  attempt([&] { samples_.ops_per_sample = pacer_->settle(plan.ops_per_sample, plan.op_seconds); });
  if (able()) samples_.conditions.recorded = pacer_->recorded();
  if (able() && !pacer_->obstacle().empty()) {
    samples_.warnings.push_back("launches were timed one by one: they could not be recorded (" +
                                pacer_->obstacle() + ")");
  }
  end_if_failed();
  soak(plan);
  take_samples(name, plan);
}

// A rank that sits out has no instance to ask, yet must cut its time as the others do.
void Sampler::agree_on_regime(Instance* instance) {
  auto const mine = instance ? static_cast<int>(instance->regime()) : 0;
  regime_ = static_cast<Regime>(static_cast<int>(group_.max(static_cast<double>(mine))));
  budget_.min_sample_seconds = least_sample_seconds(regime_, budget_);
  samples_.conditions.regime = muster::name(regime_);
}

SamplePlan Sampler::pilot() {
  auto const timed = [&](std::uint64_t ops) {
    double seconds = 0;
    attempt([&] { pacer_->prepare(); });
    if (scope_ == Scope::group) group_.barrier();  // nobody waits in the operation for a peer that prepares
    attempt([&] { seconds = pacer_->time(ops); });
    return seconds;
  };
  return muster::pilot(timed, group_, budget_);
}

// All ranks soak until the last of them is steady: on a node they share power and air.
void Sampler::soak(SamplePlan const& plan) {
  if (regime_ != Regime::sustained || budget_.soak_seconds <= 0) return;
  SteadyRule rule(std::min(longest_soak_window, budget_.soak_seconds / 2));
  auto const begin = Clock::now();
  double elapsed = 0;
  for (bool restless = true; restless && elapsed < budget_.soak_seconds;) {
    restless = group_.max(soak_once(rule, samples_in(soak_look, plan), seconds_since(begin)) ? 0.0 : 1.0) > 0;
    elapsed = group_.max(seconds_since(begin));
  }
  samples_.conditions.soak = {elapsed, rule.steady(), rule.unrest()};
}

bool Sampler::soak_once(SteadyRule& rule, std::uint64_t count, double since) {
  attempt([&] {
    double const seconds = run_untimed(count);
    auto const ops = static_cast<double>(count * samples_.ops_per_sample);
    auto const state = device_.pulse();
    rule.see({since, seconds / ops, state.clock_hz, state.temperature_c});
  });
  return !able() || rule.steady();
}

// The very samples that are taken later, so that the device is under the same load.
double Sampler::run_untimed(std::uint64_t count) {
  double seconds = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    pacer_->prepare();
    seconds += pacer_->sample();
  }
  return seconds;
}

void Sampler::rest() {
  if (regime_ == Regime::burst) std::this_thread::sleep_for(rest_before_burst);
}

double Sampler::timed_seconds() const {
  return std::accumulate(samples_.own_seconds.begin(), samples_.own_seconds.end(), 0.0);
}

void Sampler::take_samples(std::string const& name, SamplePlan const& plan) {
  auto const begin = Clock::now();
  std::optional<Monitor> monitor;
  attempt([&] { samples_.before = device_.state(); });
  // Asking for the state took a while, in which the device rested.
  if (regime_ == Regime::sustained) attempt([&] { run_untimed(samples_in(warm_up, plan)); });
  attempt([&] { pacer_->begin(); });
  if (able()) monitor.emplace(device_, begin);
  auto const round = samples_of_round(regime_, plan, budget_);
  do {
    rest();
    take_round(name, round, begin);
  } while (!enough(plan, begin));
  if (monitor) {
    auto log = monitor->take();
    samples_.conditions.readings = std::move(log.readings);
    if (!log.fault.empty())
      samples_.warnings.push_back("the device was not watched to the end (" + log.fault + ")");
  }
  samples_.conditions.window_seconds = seconds_since(begin);
  attempt([&] { samples_.after = device_.state(); });
}

void Sampler::take_round(std::string const& name, std::uint64_t count, Clock::time_point begin) {
  std::vector<double> own;
  std::uint64_t barriers = scope_ == Scope::group ? count : 0;  // left to make, whatever fails
  attempt([&] {
    bench_(name, count, [&] {
      pacer_->prepare();
      if (barriers > 0) {
        --barriers;
        group_.barrier();
      }
      own.push_back(pacer_->sample());
      samples_.conditions.sample_ends.push_back(seconds_since(begin));
      return own.back();
    });
  });
  for (; barriers > 0; --barriers) group_.barrier();
  samples_.own_seconds.insert(samples_.own_seconds.end(), own.begin(), own.end());
  end_if_failed();
  if (scope_ != Scope::group) return;
  group_.max(own);
  samples_.group_seconds.insert(samples_.group_seconds.end(), own.begin(), own.end());
}

bool Sampler::enough(SamplePlan const& plan, Clock::time_point begin) {
  auto const& judged = scope_ == Scope::group ? samples_.group_seconds : samples_.own_seconds;
  double const taken = able() ? static_cast<double>(judged.size()) : static_cast<double>(plan.samples);
  // The group's widest interval, fewest samples, and longest times.
  std::array<double, 4> all{able() ? StoppingRule::width_of(judged) : 0, -taken, timed_seconds(),
                            seconds_since(begin)};
  group_.max(all);
  auto const [width, fewest, timed, wall] = all;
  bool const least = -fewest >= static_cast<double>(budget_.min_samples);
  bool const all_of_it = regime_ == Regime::endurance;
  bool const precise =
      !all_of_it && StoppingRule(budget_.width).enough(width) && timed >= earliest_stop * budget_.seconds;
  bool const over = all_of_it ? wall >= budget_.seconds
                              : -fewest >= static_cast<double>(plan.samples) || wall >= 2 * budget_.seconds;
  samples_.conditions.stopped_by = precise ? "precision" : "time";
  return least && (precise || over);
}

std::vector<double> Sampler::alone() {
  std::vector<double> seconds;
  for (int turn = 0, turns = static_cast<int>(group_.max(group_.node_size())); turn < turns; ++turn) {
    if (turn == group_.node_rank()) {
      attempt([&] {
        // The device rested while others had their turn.
        auto const rested = Clock::now();
        while (regime_ == Regime::sustained &&
               seconds_since(rested) < std::min(budget_.soak_seconds, budget_.seconds))
          run_untimed(1);
        auto const begin = Clock::now();
        while (seconds.size() < budget_.min_samples || seconds_since(begin) < budget_.seconds / 2) {
          pacer_->prepare();
          seconds.push_back(pacer_->sample());
        }
      });
    }
    group_.barrier();
  }
  rethrow_if_failed();
  return seconds;
}

}  // namespace muster
