// `muster submit`: a suite on nodes of a Slurm cluster, as a batch job.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "harness/app/commands.hpp"
#include "harness/app/paths.hpp"
#include "harness/app/submit_job.hpp"
#include "harness/app/submit_preflight.hpp"
#include "harness/core/error.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/say.hpp"
#include "harness/launch/sbatch.hpp"
#include "harness/record/save.hpp"
#include "harness/report/table.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

void tell_job(Submittal const& submittal) {
  auto const& job = submittal.job;
  if (!submittal.cluster_words.empty()) say(fmt::format("cluster  {}\n", printable(submittal.cluster_words)));
  auto const spares = job.spares == 0 ? "" : fmt::format(" and {} spare", job.spares);
  auto const gpus = job.gpus_per_node == 0 ? "" : fmt::format(", {} GPUs on each", job.gpus_per_node);
  say(fmt::format("nodes    {}{}{}\n", job.nodes, spares, gpus));
  say(fmt::format("site     {}: {}\n", shown(submittal.site_file), printable(submittal.site_summary)));
  say(fmt::format("time     {} ({})\n", human_duration(job.seconds), submittal.time_reason));
}

int show(Submittal const& submittal) {
  auto const& request = submittal.request;
  fmt::print("{}", batch_script(submittal.job));
  tell_job(submittal);
  say(fmt::format("request  {}: muster run {}\n", request_file(submittal.job.folder).string(),
                  printable(fmt::format("{}", fmt::join(request.arguments, " ")))));
  for (auto const& [name, value] : request.environment)
    say(fmt::format("         with {}={}\n", name, printable(value)));
  say("nothing was written, nothing submitted\n");
  return 0;
}

/// The script in a folder of its own, for sbatch to look at.
class Draft {
 public:
  explicit Draft(std::string const& script) {
    auto name = (fs::temp_directory_path() / "muster-XXXXXX").string();
    if (!mkdtemp(name.data()))
      throw Error(ExitCode::infrastructure,
                  fmt::format("cannot make a folder like {} ({}) set TMPDIR to one you may write", name,
                              std::strerror(errno)));
    folder_ = name;
    file_ = script_file(folder_);
    save_atomically(file_, script);
  }
  ~Draft() {
    std::error_code ignored;  // a file left in the temporary folder harms nothing
    fs::remove_all(folder_, ignored);
  }
  Draft(Draft const&) = delete;
  Draft& operator=(Draft const&) = delete;
  fs::path const& file() const { return file_; }

 private:
  fs::path folder_, file_;
};

int test(Submittal const& submittal) {
  Draft const draft(batch_script(submittal.job));
  tell_job(submittal);
  fmt::print("{}\n", printable_lines(test_script(draft.file())));
  return 0;
}

/// Says all findings; throws with the gravest of those that stand in the way.
void tell(PreflightFindings const& findings) {
  ExitCode worst = ExitCode::ok;
  std::string faults;
  for (auto const& [code, text] : findings) {
    if (code == ExitCode::ok) {
      say(fmt::format("warning: {}\n", printable(text)));
      continue;
    }
    worst = std::max(worst, code);
    faults += (faults.empty() ? "" : "\n") + text;
  }
  if (worst != ExitCode::ok) throw Error(worst, faults);
}

/// The job's files, taken away again unless the job is Slurm's.
class JobFiles {
 public:
  JobFiles(Submittal const& submittal, std::string const& script) : folder_(submittal.job.folder) {
    std::error_code unreachable;  // then making it fails, and says why
    made_folder_ = !fs::exists(folder_, unreachable);
    constexpr mode_t for_its_owner = 0600;  // values of the environment may be secrets
    save_atomically(request_file(folder_), to_json(submittal.request), for_its_owner);
    save_atomically(script_file(folder_), script);
  }
  ~JobFiles() {
    if (kept_) return;
    std::error_code ignored;  // what cannot be removed is seen there
    fs::remove(request_file(folder_), ignored);
    fs::remove(script_file(folder_), ignored);
    if (made_folder_) fs::remove(folder_, ignored);
  }
  JobFiles(JobFiles const&) = delete;
  JobFiles& operator=(JobFiles const&) = delete;
  void keep() { kept_ = true; }

 private:
  fs::path const folder_;
  bool made_folder_ = false, kept_ = false;
};

void tell_how_to_follow(BatchJob const& job, std::string const& id) {
  say(fmt::format("queue    squeue -j {}\n", id));
  say(fmt::format("status   muster status {}\n", shown(job.folder)));
  say(fmt::format("log      {}\n", shown(log_file(job.folder, id))));
  say(fmt::format("stop     scancel {}\n", id));
  say(fmt::format("go on    sbatch {}     when it was stopped, or its time was up\n",
                  shown(script_file(job.folder))));
}

int submit(Submittal const& submittal) {
  auto const script = batch_script(submittal.job);
  tell(preflight(submittal.job));
  JobFiles files(submittal, script);
  auto const answer = submit_script(script_file(submittal.job.folder));
  if (answer.undecided) files.keep();
  if (answer.job_id.empty()) throw Error(ExitCode::infrastructure, answer.problem);
  files.keep();
  fmt::print("{}\n", answer.job_id);
  say(fmt::format("job      {}, {}\n", answer.job_id, submittal.job.name));
  tell_job(submittal);
  tell_how_to_follow(submittal.job, answer.job_id);
  return 0;
}

int submit_command(SubmitArguments const& arguments) {
  auto const submittal = submittal_of(arguments);
  if (arguments.dry_run) return show(submittal);
  return arguments.test_only ? test(submittal) : submit(submittal);
}

using Shared = std::shared_ptr<SubmitArguments>;

void add_job_options(CLI::App& command, Shared const& arguments) {
  command.add_option("SUITE", arguments->suite, "name of a shipped suite, or a TOML file (see muster list)")
      ->required();
  command.add_option("--nodes", arguments->nodes, "how many the run measures on");
  command.add_option("--cluster", arguments->cluster,
                     "all nodes of one that configs/clusters describes, or a TOML file");
  command.add_option("--spares", arguments->spares, "further nodes, for those that fail")
      ->capture_default_str();
  command.add_option("--gpus-per-node", arguments->gpus_per_node,
                     "0: none, host backend (default: the site's, else 8)");
  command.add_option("--site", arguments->site, "name of a file in configs/slurm, or a TOML file")
      ->capture_default_str();
  command.add_option("--time", arguments->time,
                     "of the job: 90m, 2h, 1-12:00:00 (default: what the suite needs)");
  command.add_option("--job-name", arguments->job_name, "what the queue shows (default: muster-SUITE)");
  command.add_option("-o,--output", arguments->output,
                     "run folder, shared by all nodes (default: results/SITE/TIME)");
  command.add_flag("--dry-run", arguments->dry_run, "print the batch script; write nothing, ask nobody");
  auto* test = command.add_flag("--test-only", arguments->test_only, "ask Slurm when the job would start");
  test->excludes("--dry-run");
}

void add_site_options(CLI::App& command, Shared const& arguments) {
  command.add_option("--partition", arguments->partition)->group("In place of the site's");
  command.add_option("--account", arguments->account)->group("In place of the site's");
  command.add_option("--qos", arguments->qos)->group("In place of the site's");
  command.add_option("--reservation", arguments->reservation)->group("In place of the site's");
  command.add_option("--constraint", arguments->constraint)->group("In place of the site's");
  command.add_option("--exclude", arguments->exclude, "nodes not to use")->group("In place of the site's");
  command.add_option("--nodelist", arguments->nodelist, "nodes to use")->group("In place of the site's");
}

void add_run_options(CLI::App& command, Shared const& arguments) {
  constexpr char const* group = "Handed on to muster run";
  command.add_option("--filter", arguments->filter, "only cases whose name this finds; '-REGEX': the others")
      ->group(group);
  command.add_option("--launches", arguments->launches)->group(group);
  command.add_option("--ranks", arguments->ranks)->group(group);
  command.add_option("--seed", arguments->seed)->group(group);
  command.add_option("--backend", arguments->backend)
      ->check(CLI::IsMember({"auto", "cuda", "host"}))
      ->group(group);
  command.add_option("--data", arguments->data, "as the nodes see it")->group(group);
  command.add_option("--cache", arguments->cache, "as the nodes see it")->group(group);
  command.add_option("--time-budget", arguments->time_budget)->group(group);
  command.add_flag("--oversubscribe", arguments->oversubscribe)->group(group);
  add_versus_options(command, arguments->versus);
}

}  // namespace

void add_submit(CLI::App& app, int& exit_code) {
  auto const arguments = std::make_shared<SubmitArguments>();
  auto* command = app.add_subcommand("submit", "a suite on nodes of a Slurm cluster, as a batch job");
  add_job_options(*command, arguments);
  add_site_options(*command, arguments);
  add_run_options(*command, arguments);
  command->footer(
      "Example: muster submit quick --nodes 2 --site dgx-a100 --account acceptance --dry-run\n"
      "The number of the job goes to standard output. A site's settings are explained in configs/README.md.");
  arguments->command = command;
  command->callback([arguments, &exit_code] { exit_code = submit_command(*arguments); });
}

}  // namespace muster
