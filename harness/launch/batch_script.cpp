#include "harness/launch/batch_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/error.hpp"
#include "harness/core/job_values.hpp"

namespace muster {
namespace {

/// The text itself, if it may stand in a script.
std::string checked(JobValue kind, std::string const& text) {
  if (auto const fault = objection(kind, text))
    throw Error(ExitCode::usage,
                fmt::format("{} cannot stand in a batch script {}", in_quotes(text), *fault));
  return text;
}

std::string path(std::filesystem::path const& value) { return checked(JobValue::path, value.string()); }

std::string directive(std::string_view option) { return fmt::format("#SBATCH --{}\n", option); }

std::string directive(std::string_view option, std::string_view value) {
  return fmt::format("#SBATCH --{}={}\n", option, value);
}

/// Nothing where the value is not given: Slurm's own default then holds.
std::string optional_directive(std::string_view option, JobValue kind, std::string const& value) {
  return value.empty() ? "" : directive(option, checked(kind, value));
}

constexpr char const* heading = R"(#!/bin/bash
# Made by `muster submit`. Given to sbatch again, as it is, it goes on with the run in its folder.
#
# What is measured, and with which settings, stands in request.json beside the results; no shell reads that.
)";

std::string who_and_where(BatchJob const& job) {
  return "\n# Who, and on which nodes.\n" + directive("job-name", checked(JobValue::name, job.name)) +
         optional_directive("partition", JobValue::names, job.partition) +
         optional_directive("account", JobValue::name, job.account) +
         optional_directive("qos", JobValue::name, job.qos) +
         optional_directive("reservation", JobValue::names, job.reservation) +
         optional_directive("constraint", JobValue::constraint, job.constraint) +
         optional_directive("nodelist", JobValue::node_list, job.nodelist) +
         optional_directive("exclude", JobValue::node_list, job.exclude);
}

std::string gpus(BatchJob const& job) {
  if (job.gpus == GpuRequest::none || job.gpus_per_node == 0) return {};
  auto const count = std::to_string(job.gpus_per_node);
  auto const wanted = job.gpu_type.empty() ? count : checked(JobValue::name, job.gpu_type) + ":" + count;
  return job.gpus == GpuRequest::gres ? directive("gres", "gpu:" + wanted)
                                      : directive("gpus-per-node", wanted);
}

/// Nodes of one's own are what a measurement wants; where they are shared, one task a node has all that is
/// asked for.
std::string share_of_nodes(BatchJob const& job) {
  constexpr char const* shape = "# (one rank a node, one a GPU, pairs of nodes), and the job names none.\n";
  if (job.exclusive) return shape + directive("exclusive");
  if (!job.cpus) return shape;
  return "# (one rank a node, one a GPU, pairs of nodes); the job's one task a node stands for all of its "
         "CPUs.\n" +
         directive("ntasks-per-node", "1") + directive("cpus-per-task", std::to_string(*job.cpus));
}

std::string how_much(BatchJob const& job) {
  auto const nodes = job.nodes + job.spares;
  auto const spares = job.spares == 0 ? std::string() : fmt::format(", {} of them spare", job.spares);
  return fmt::format("\n# How much: {} node{}{}. Each step of the run has a shape of its own\n", nodes,
                     nodes == 1 ? "" : "s", spares) +
         share_of_nodes(job) + directive("nodes", std::to_string(nodes)) +
         optional_directive("mem", JobValue::memory, job.memory) + gpus(job) +
         directive("time", slurm_time(job.seconds));
}

/// Two minutes, or a quarter of a job that is shorter than eight.
int notice_seconds(BatchJob const& job) { return static_cast<int>(std::clamp(job.seconds / 4, 1.0, 120.0)); }

std::string when_it_goes_wrong(BatchJob const& job) {
  return R"(
# A node that is lost ends the step that it works in, not the job: the run goes on without it.
)" + directive("no-kill") +
         R"(# A job that was preempted, or lost its first node, comes again; finished cases are then skipped.
)" + directive("requeue") +
         R"(# Before the time is up, and at preemption, SIGTERM goes to this script's own process alone (B:). The run then ends its
# steps and closes its journals; `sbatch` with this file goes on with it.
)" + directive("signal", fmt::format("B:TERM@{}", notice_seconds(job)));
}

std::string where_it_writes(BatchJob const& job) {
  return R"(
# Where: one log beside the results, which a second start goes on with.
)" + directive("chdir", path(job.folder)) +
         directive("output", log_file(path(job.folder), "%j").string()) + directive("open-mode", "append");
}

std::string modules(BatchJob const& job) {
  if (job.modules.empty()) return {};
  std::string text = R"(
# The site's modules.
type module >/dev/null 2>&1 || . /etc/profile
)";
  for (auto const& name : job.modules)
    text += fmt::format("module load {} || exit 6\n", checked(JobValue::module, name));
  return text;
}

/// The supervisor takes this shell's place, and so gets its signals.
std::string start_in_place(BatchJob const& job) {
  return fmt::format("\nexec {} run --request {}\n", path(job.program), path(request_file(job.folder)));
}

constexpr char const* spread = R"(
# The program is copied to every node's own disk and started from there: thousands of processes then do not load it from
# one server.
copy={local}/muster-${{SLURM_JOB_ID:?}}
everywhere=(srun --nodes="$SLURM_JOB_NUM_NODES" --ntasks-per-node=1 --mpi=none)
if ! {{ "${{everywhere[@]}}" mkdir -p "$copy" &&
  sbcast --force {archive} "$copy.tar.gz" &&
  "${{everywhere[@]}}" tar -xzf "$copy.tar.gz" -C "$copy" --strip-components=1; }}; then
  echo "muster: the program could not be copied to {local} of every node: see above" >&2
  exit 6
fi
)";

constexpr char const* start_copy = R"(
# Its supervisor is waited for, so that the copies can be removed; signals are handed on to it.
"$copy/bin/muster" run --request {request} &
supervisor=$!
trap 'kill -TERM "$supervisor"' TERM HUP
trap 'kill -INT "$supervisor"' INT
wait "$supervisor"
code=$?
while kill -0 "$supervisor" 2>/dev/null; do
  wait "$supervisor"
  code=$?
done
"${{everywhere[@]}}" rm -rf -- "$copy" "$copy.tar.gz"
exit "$code"
)";

std::string start_from_copies(BatchJob const& job) {
  return fmt::format(spread, fmt::arg("local", path(job.local_folder)),
                     fmt::arg("archive", path(job.archive))) +
         fmt::format(start_copy, fmt::arg("request", path(request_file(job.folder))));
}

}  // namespace

std::filesystem::path request_file(std::filesystem::path const& folder) { return folder / "request.json"; }
std::filesystem::path script_file(std::filesystem::path const& folder) { return folder / "submit.sbatch"; }
std::filesystem::path log_file(std::filesystem::path const& folder, std::string const& job_id) {
  return folder / fmt::format("slurm-{}.log", job_id);
}

std::string batch_script(BatchJob const& job) {
  return heading + who_and_where(job) + how_much(job) + when_it_goes_wrong(job) + where_it_writes(job) +
         modules(job) + (job.archive.empty() ? start_in_place(job) : start_from_copies(job));
}

}  // namespace muster
