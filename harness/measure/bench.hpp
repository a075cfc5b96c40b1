// The only place that knows Google Benchmark.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "harness/core/document.hpp"

namespace muster {

/// Calls `sample` `count` times, each returning the seconds it took; throws what it throws.
using Bench =
    std::function<void(std::string const& name, std::uint64_t count, std::function<double()> const& sample)>;

/// As a Google Benchmark with manual time and that many iterations, silently: people and files get their
/// figures from the document. Google Benchmark's registry is global, so never from two threads at once.
/// Throws std::logic_error when it did not run exactly `count` iterations.
void run_google_benchmark(std::string const& name, std::uint64_t count,
                          std::function<double()> const& sample);

/// Google Benchmark's own view of this machine, as its reporters get it.
BenchmarkContext benchmark_context();

}  // namespace muster
