#include "harness/measure/bench.hpp"

#include <benchmark/benchmark.h>

#include <exception>
#include <stdexcept>

namespace muster {
namespace {

class SilentReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(Context const&) override { return true; }
  void ReportRuns(std::vector<Run> const& runs) override {
    for (auto const& run : runs) iterations += static_cast<std::uint64_t>(run.iterations);
  }
  std::uint64_t iterations = 0;
};

}  // namespace

void run_google_benchmark(std::string const& name, std::uint64_t count,
                          std::function<double()> const& sample) {
  std::exception_ptr error;
  auto const body = [&](benchmark::State& state) {
    try {
      for (auto _ : state) state.SetIterationTime(sample());
    } catch (std::exception const&) {  // Google Benchmark lets none through
      error = std::current_exception();
      state.SkipWithError("stopped by an exception");
    }
  };
  benchmark::ClearRegisteredBenchmarks();
  benchmark::RegisterBenchmark(name.c_str(), body)
      ->UseManualTime()
      ->Iterations(static_cast<benchmark::IterationCount>(count));
  SilentReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter, ".");
  benchmark::ClearRegisteredBenchmarks();
  if (error) std::rethrow_exception(error);
  if (reporter.iterations != count) {
    throw std::logic_error("Google Benchmark ran " + std::to_string(reporter.iterations) +
                           " iterations in place of " + std::to_string(count));
  }
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
