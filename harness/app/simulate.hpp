// Simulating through muster-simulate, a program that is there where muster was built with SimGrid.
#pragma once
#include <filesystem>
#include <vector>

#include "harness/core/cluster_parts.hpp"
#include "harness/core/simulation.hpp"
#include "harness/project/simulated_job.hpp"

namespace muster {

/// Throws Error(infrastructure) where it is missing.
std::filesystem::path simulator();

/// s that a job takes, in a process of its own. Throws Error(infrastructure) where that fails.
double simulated_seconds(project::SimulatedJob const& job);

/// All jobs of all scenarios (project/simulated_jobs.hpp), those that are alike once. Says what it is at.
std::vector<project::Simulation> simulate(std::vector<Scenario> const& scenarios);

}  // namespace muster
