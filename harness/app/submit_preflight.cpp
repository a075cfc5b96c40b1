#include "harness/app/submit_preflight.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

#include "harness/core/error.hpp"
#include "harness/core/quantities.hpp"
#include "harness/launch/child.hpp"
#include "harness/launch/sbatch.hpp"
#include "harness/plan/spelling.hpp"
#include "harness/record/environment.hpp"

namespace muster {
namespace {

void ask_sbatch(PreflightFindings& findings) {
  try {
    auto const answer = ask({{"sbatch", "--version"}}, 60);
    if (answer.timed_out || !answer.ending.ok())
      findings.push_back({ExitCode::infrastructure,
                          fmt::format("sbatch --version fails ({}) is Slurm set up on this machine?",
                                      answer.timed_out ? "no answer in 60 s" : answer.ending.text())});
  } catch (Error const& error) {
    findings.push_back(
        {error.exit_code,
         fmt::format("{} (jobs are submitted from a login node of the cluster)", error.what())});
  }
}

std::vector<std::string> split_names(std::string const& names) {
  std::vector<std::string> all;
  std::istringstream stream(names);
  for (std::string name; std::getline(stream, name, ',');) all.push_back(name);
  return all;
}

std::vector<std::string> names_of(std::vector<Partition> const& all) {
  std::vector<std::string> names;
  for (auto const& partition : all) names.push_back(partition.name);
  return names;
}

/// Those that the job may start in.
std::vector<Partition const*> wanted(BatchJob const& job, std::vector<Partition> const& all,
                                     PreflightFindings& findings) {
  std::vector<Partition const*> chosen;
  for (auto const& name : split_names(job.partition)) {
    auto const found = std::ranges::find(all, name, &Partition::name);
    if (found != all.end()) chosen.push_back(&*found);
    if (found == all.end())
      findings.push_back(
          {ExitCode::usage, fmt::format("there is no partition '{}' ({}) choose with --partition", name,
                                        suggestion(name, names_of(all)))});
  }
  if (!job.partition.empty()) return chosen;
  auto const found = std::ranges::find(all, true, &Partition::is_default);
  if (found != all.end()) return {&*found};
  findings.push_back(
      {ExitCode::usage, fmt::format("no partition is named, and this cluster has no default one (there "
                                    "are: {}) choose with --partition",
                                    fmt::join(names_of(all), ", "))});
  return chosen;
}

struct Room {
  int nodes = 0;   ///< of all nodes, those with enough GPUs
  int usable = 0;  ///< of these, those that work
};

Room room_in(Partition const& partition, BatchJob const& job) {
  Room room;
  for (auto const& group : partition.groups) {
    bool const enough =
        job.gpus == GpuRequest::none || gpus_in(group.gres, job.gpu_type) >= job.gpus_per_node;
    if (enough) room.nodes += group.nodes;
    if (enough && group.usable()) room.usable += group.nodes;
  }
  return room;
}

std::string kind_of_nodes(BatchJob const& job) {
  if (job.gpus == GpuRequest::none || job.gpus_per_node == 0) return "";
  return fmt::format(" with {} {}GPU{} or more", job.gpus_per_node,
                     job.gpu_type.empty() ? "" : job.gpu_type + " ", job.gpus_per_node == 1 ? "" : "s");
}

/// What keeps the job out of one partition for good.
PreflightFindings obstacles(Partition const& partition, BatchJob const& job) {
  PreflightFindings found;
  int const needed = job.nodes + job.spares;
  auto const room = room_in(partition, job);
  if (room.nodes < needed)
    found.push_back(
        {ExitCode::usage,
         fmt::format("partition {} has {} nodes{}, the job needs {} ({} and {} spare) ask "
                     "for fewer, or choose another with --partition",
                     partition.name, room.nodes, kind_of_nodes(job), needed, job.nodes, job.spares)});
  if (partition.limit_seconds && *partition.limit_seconds < job.seconds)
    found.push_back(
        {ExitCode::usage,
         fmt::format("partition {} allows jobs of {} (this one asks for {}) give less with --time, fewer "
                     "--launches or a --time-budget; a run that is cut off goes on when submitted again",
                     partition.name, human_duration(*partition.limit_seconds), human_duration(job.seconds))});
  return found;
}

/// What only makes it wait.
PreflightFindings delays(Partition const& partition, BatchJob const& job) {
  PreflightFindings found;
  auto const room = room_in(partition, job);
  if (room.usable < job.nodes + job.spares)
    found.push_back(
        {ExitCode::ok, fmt::format("only {} of partition {}'s {} nodes{} work now (see sinfo -R for why) the "
                                   "job will wait for more",
                                   room.usable, partition.name, room.nodes, kind_of_nodes(job))});
  if (!partition.up)
    found.push_back(
        {ExitCode::ok,
         fmt::format("partition {} starts no jobs now (it is not up) the job will wait", partition.name)});
  return found;
}

/// The filesystems of one machine; what is not among them is taken for shared.
bool is_local(std::string const& filesystem) {
  constexpr std::array local{"tmpfs", "ramfs", "overlay", "aufs", "ext2",     "ext3",     "ext4",
                             "xfs",   "btrfs", "f2fs",    "zfs",  "bcachefs", "squashfs", "rootfs"};
  return std::ranges::find(local, filesystem) != local.end();
}

void check_folder(std::string const& what, std::filesystem::path const& folder, std::string const& remedy,
                  PreflightFindings& findings) {
  auto const storage = describe_storage(what, folder);
  if (is_local(storage.filesystem))
    findings.push_back(
        {ExitCode::ok, fmt::format("{} {} is on {} (a filesystem of this machine: compute nodes may not "
                                   "see it) {}",
                                   what, folder.string(), storage.filesystem, remedy)});
}

void check_variables(PreflightFindings& findings) {
  auto const set = overriding_variables();
  if (!set.empty())
    findings.push_back(
        {ExitCode::ok, fmt::format("{} set here (sbatch puts it before what the script says) unset it if "
                                   "that is not meant",
                                   fmt::join(set, ", "))});
}

}  // namespace

void check_partitions(BatchJob const& job, std::vector<Partition> const& all, PreflightFindings& findings) {
  PreflightFindings obstructed;
  for (auto const* partition : wanted(job, all, findings)) {
    auto const found = obstacles(*partition, job);
    if (found.empty()) {  // one that can take the job is enough
      for (auto const& delay : delays(*partition, job)) findings.push_back(delay);
      return;
    }
    obstructed.insert(obstructed.end(), found.begin(), found.end());
  }
  findings.insert(findings.end(), obstructed.begin(), obstructed.end());
}

void check_folders(BatchJob const& job, PreflightFindings& findings) {
  check_folder("the run folder", job.folder, "choose a shared one with -o", findings);
  if (job.archive.empty()) {
    check_folder("the program", job.program, "put it into a shared folder", findings);
  } else {
    check_folder("the archive to broadcast", job.archive,
                 "put it into a shared folder: the first node reads it", findings);
    std::error_code unreachable;  // then nobody here knows
    if (!std::filesystem::is_regular_file(job.archive, unreachable))
      findings.push_back(
          {ExitCode::usage, fmt::format("there is no archive {} (the site's broadcast names it) make it "
                                        "with ./muster bundle -o FILE",
                                        job.archive.string())});
  }
}

PreflightFindings preflight(BatchJob const& job) {
  PreflightFindings findings;
  ask_sbatch(findings);
  if (findings.empty()) {  // without sbatch there is no sinfo worth asking
    try {
      check_partitions(job, ask_partitions(), findings);
    } catch (Error const& error) {
      findings.push_back({error.exit_code, error.what()});
    }
  }
  check_folders(job, findings);
  check_variables(findings);
  return findings;
}

}  // namespace muster
