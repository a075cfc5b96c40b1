#include "harness/app/simulate.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/plugin.hpp"
#include "harness/core/say.hpp"
#include "harness/launch/child.hpp"
#include "harness/project/expected_time.hpp"
#include "harness/project/simulated_jobs.hpp"

namespace muster {
namespace {

using project::SimulatedJob;

constexpr double deadline_seconds = 1800;

[[noreturn]] void fail(std::string const& why) { throw Error(ExitCode::infrastructure, why); }

Command command_for(SimulatedJob const& job) {
  Command command{{simulator().string()}};
  for (auto& argument : to_arguments(job)) command.argv.push_back(std::move(argument));
  return command;
}

double seconds_in(Answer const& answer) {
  if (answer.timed_out)
    fail(fmt::format("muster-simulate was stopped (no answer in {} s)", deadline_seconds));
  auto const& text = answer.output;
  double seconds = 0;
  auto const error = std::from_chars(text.data(), text.data() + text.size(), seconds).ec;
  if (!answer.ending.ok() || error != std::errc())
    fail(fmt::format("muster-simulate failed ({}: {}); build it and this program anew, together",
                     answer.ending.text(), answer.errors));
  return seconds;
}

struct Timed {
  double seconds = 0, took = 0;
};

Timed timed(SimulatedJob const& job) {
  auto const begin = std::chrono::steady_clock::now();
  double const seconds = simulated_seconds(job);
  return {seconds, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()};
}

class Simulator {
 public:
  project::Simulation run(std::string const& scenario, SimulatedJob const& job) {
    auto const [seconds, took] = once(job);
    auto const expected = expected_time(job);
    return {scenario, job.name,         job.note,        job.nodes,        job.bytes,
            seconds,  expected.seconds, expected.lowest, expected.highest, took};
  }

 private:
  Timed once(SimulatedJob const& job) {
    auto const [entry, is_new] = done_.try_emplace(to_arguments(job));
    if (is_new) {
      say(fmt::format("simulating {}, {} nodes\n", job.name, job.nodes));
      entry->second = timed(job);
    }
    return entry->second;
  }

  std::map<std::vector<std::string>, Timed> done_;
};

}  // namespace

std::filesystem::path simulator() {
  auto const file = find_helper_program("muster-simulate");
  if (file.empty())
    fail(
        "nothing can be simulated (muster-simulate is not beside this program: it is built only where "
        "SimGrid 3.x "
        "is); install libsimgrid-dev and build anew, or leave out --simulate");
  return file;
}

double simulated_seconds(SimulatedJob const& job) {
  return seconds_in(ask(command_for(job), deadline_seconds));
}

std::vector<project::Simulation> simulate(std::vector<Scenario> const& scenarios) {
  std::vector<project::Simulation> simulations;
  Simulator simulator;
  for (auto const& scenario : scenarios) {
    for (auto const& job : project::jobs_of(scenario))
      simulations.push_back(simulator.run(scenario.name, job));
  }
  return simulations;
}

}  // namespace muster
