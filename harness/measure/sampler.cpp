#include "harness/measure/sampler.hpp"

#include <benchmark/benchmark.h>

#include <exception>
#include <stdexcept>

namespace muster {
namespace {

/// Keeps Google Benchmark silent: people and files get their figures from the document.
class SilentReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(Context const&) override { return true; }
  void ReportRuns(std::vector<Run> const& runs) override {
    for (auto const& run : runs) iterations += static_cast<std::uint64_t>(run.iterations);
  }
  std::uint64_t iterations = 0;
};

}  // namespace

double time_ops(Instance& instance, Stopwatch& watch, std::uint64_t ops) {
  watch.start();
  for (std::uint64_t op = 0; op < ops; ++op) instance.launch();
  watch.stop();
  return watch.seconds();
}

Sampler::Sampler(Device& device, Group& group, Scope scope, Budget budget)
    : device_(device), group_(group), scope_(scope), budget_(budget), watch_(device.stopwatch()) {}

void Sampler::rethrow_if_failed() const {
  if (error_) std::rethrow_exception(error_);
}

SamplePlan Sampler::pilot(Instance* instance) {
  auto const timed = [&](std::uint64_t ops) {
    if (!instance || error_) return 0.0;
    try {
      instance->reset();
      return time_ops(*instance, *watch_, ops);
    } catch (std::exception const&) {
      error_ = std::current_exception();
      return 0.0;
    }
  };
  auto const plan = muster::pilot(timed, group_, budget_);
  bool const peer_failed = group_.max(error_ ? 1.0 : 0.0) > 0;
  if (scope_ == Scope::group && peer_failed) {
    rethrow_if_failed();
    throw PeerFailed("another rank failed in this case");
  }
  group_.barrier();
  return plan;
}

void Sampler::sit_out() { pilot(nullptr); }

Samples Sampler::run(std::string const& name, Instance& instance) {
  auto const plan = pilot(&instance);
  rethrow_if_failed();
  return sample(name, instance, plan);
}

Samples Sampler::sample(std::string const& name, Instance& instance, SamplePlan const& plan) {
  Samples samples;
  samples.ops_per_sample = plan.ops_per_sample;
  samples.own_seconds.reserve(plan.samples);
  auto const body = [&](benchmark::State& state) {
    try {
      for (auto _ : state) {
        instance.reset();
        if (scope_ == Scope::group) group_.barrier();
        double const seconds = time_ops(instance, *watch_, plan.ops_per_sample);
        samples.own_seconds.push_back(seconds);
        state.SetIterationTime(seconds);
      }
    } catch (std::exception const&) {  // Google Benchmark lets none through
      error_ = std::current_exception();
      state.SkipWithError("stopped by an exception");
    }
  };
  benchmark::ClearRegisteredBenchmarks();
  benchmark::RegisterBenchmark(name.c_str(), body)
      ->UseManualTime()
      ->Iterations(static_cast<benchmark::IterationCount>(plan.samples));
  SilentReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter, ".");
  benchmark::ClearRegisteredBenchmarks();
  rethrow_if_failed();
  if (reporter.iterations != plan.samples) {
    throw std::logic_error("Google Benchmark ran " + std::to_string(reporter.iterations) +
                           " iterations in place of " + std::to_string(plan.samples));
  }
  if (scope_ == Scope::group) {
    samples.group_seconds = samples.own_seconds;
    group_.max(samples.group_seconds);
  }
  return samples;
}

BenchmarkContext benchmark_context() {
  auto const& cpu = benchmark::CPUInfo::Get();
  auto const& system = benchmark::SystemInfo::Get();
  BenchmarkContext context;
  context.host_name = system.name;
  context.executable = "muster";
  context.library_version = MUSTER_BENCHMARK_VERSION;
  context.library_build_type = "not reported";  // Debian's build calls itself debug, whatever it is
  context.num_cpus = cpu.num_cpus;
  context.mhz_per_cpu = cpu.cycles_per_second / 1e6;
  context.cpu_scaling_enabled = cpu.scaling == benchmark::CPUInfo::ENABLED;
  context.load_avg = cpu.load_avg;
  return context;
}

}  // namespace muster
