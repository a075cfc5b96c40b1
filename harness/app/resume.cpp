#include "harness/app/resume.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <thread>

#include "harness/app/paths.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/core/say.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/local_folder.hpp"
#include "harness/record/plan_differences.hpp"
#include "harness/record/save.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// Options that say what is to be done, which a saved plan says already.
constexpr std::array<std::string_view, 14> of_the_plan{
    "SUITE",  "--backend",       "--filter",  "--time-budget", "--data",          "--cache", "--ranks",
    "--seed", "--oversubscribe", "--dry-run", "--output",      "--gpus-per-node", "--nodes", "--spares"};

std::string variable(char const* name) {
  auto const* text = std::getenv(name);
  return text ? text : "";
}

int scheduler_restarts() { return std::max(0, std::atoi(variable("SLURM_RESTART_COUNT").c_str())); }

fs::path folder_of(std::string const& output, ResumeArguments const& arguments) {
  if (!arguments.folder.empty()) return fs::absolute(arguments.folder);
  return fs::absolute(output.empty() ? new_run_folder("results", host_name()) : fs::path(output));
}

/// Somebody has taken the folder over: two that write there would spoil it.
void stop_ourselves() {
  say("muster: another run has taken this run's folder over (this one gave no sign of life for a minute; was "
      "it "
      "stopped?) it ends here\n");
  kill(getpid(), SIGTERM);
}

Plan with_launches(Plan plan, int launches) {
  if (launches < plan.launches)
    throw Error(
        ExitCode::usage,
        fmt::format("--launches {} is less than the run's {} (what was measured stays) give {} or more, "
                    "or leave it out",
                    launches, plan.launches, plan.launches));
  plan.launches = launches;
  for (auto& planned : plan.cases) planned.launches = launches;
  return plan;
}

/// Whoever made the plan chose it, perhaps elsewhere.
void take_backend_of(Plan const& plan, Document::Run& run) {
  if (run.backend == plan.cases.front().backend) return;
  run.backend = plan.cases.front().backend;
  run.backend_reason.clear();
}

int threads() { return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U)); }

}  // namespace

void add_resume_options(CLI::App& command, ResumeArguments& arguments) {
  command
      .add_option("--resume", arguments.folder,
                  "go on with the run in this folder, by its own plan; with --launches: for more of them")
      ->type_name("DIR");
  command.add_flag("--continue", arguments.go_on,
                   "with -o: go on with the run that the folder holds, or start it there");
  command.add_flag("--retry-failed", arguments.retry_failed,
                   "with --resume or --continue: run again what crashed, timed out or had a device error");
}

bool is_of_the_plan(std::string_view option) {
  return std::ranges::find(of_the_plan, option) != of_the_plan.end();
}

void check_resume(CLI::App const& command, ResumeArguments const& arguments) {
  std::string faults;
  auto const fault = [&](std::string const& text) { faults += (faults.empty() ? "" : "; ") + text; };
  bool const resumes = !arguments.folder.empty();
  std::string changing;
  for (auto const name : of_the_plan) {
    auto const* option = command.get_option_no_throw(std::string(name));
    if (resumes && option && option->count() > 0)
      changing += (changing.empty() ? "" : ", ") + std::string(name);
  }
  if (!changing.empty())
    fault(fmt::format("{} would change a plan that is made (--resume goes by it) leave out", changing));
  if (resumes && arguments.go_on) fault("--resume and --continue do not go together: one of them will do");
  auto const* output = command.get_option_no_throw("--output");
  if (arguments.go_on && !resumes && output && output->count() == 0)
    fault("--continue needs the run's folder: give it with -o");
  if (arguments.retry_failed && !resumes && !arguments.go_on)
    fault("--retry-failed needs a run that there is: give it with --resume");
  if (!faults.empty()) throw Error(ExitCode::usage, faults);
}

Plan saved_plan(ResumeArguments const& arguments, std::optional<int> launches) {
  RunFolder const folder{fs::absolute(arguments.folder)};
  if (!fs::exists(folder.plan()))
    throw Error(ExitCode::usage,
                fmt::format("{} is no run folder (it has no plan.json) give the folder that muster run named",
                            arguments.folder));
  auto plan = plan_from_json(read_file(folder.plan()));
  return launches ? with_launches(std::move(plan), *launches) : plan;
}

OpenRun::OpenRun(std::string const& output, ResumeArguments const& arguments, Plan const& plan)
    : folder_{folder_of(output, arguments)}, plan_(plan) {
  std::error_code error;
  fs::create_directories(folder_.journals(), error);
  if (error)
    throw Error(ExitCode::not_saved, fmt::format("cannot make {} ({}) give a folder you may write with -o",
                                                 folder_.journals().string(), error.message()));
  lock_ = lock_folder(folder_.root);
  if (!exists()) {
    save_plan();
    return;
  }
  check_plan(arguments);
  if (plan.launches > plan_from_json(read_file(folder_.plan())).launches) save_plan();
  FinishedSettings settings{{}, arguments.retry_failed, {local_folder(folder_)}, threads()};
  finished_ = finished_cases(plan, folder_, Registry::instance(), settings);
}

void OpenRun::save_plan() const { save_atomically(folder_.plan(), to_json(plan_)); }

bool OpenRun::exists() const { return fs::exists(folder_.plan()); }

void OpenRun::check_plan(ResumeArguments const& arguments) const {
  if (!arguments.go_on && arguments.folder.empty())
    throw Error(
        ExitCode::usage,
        fmt::format("{0} already holds a run (it has a plan.json) give another folder with -o, or go on "
                    "with that one: muster run --resume {0}",
                    folder_.root.string()));
  if (!arguments.go_on) return;
  auto const differences = plan_differences(plan_from_json(read_file(folder_.plan())), plan_);
  if (differences.empty()) return;
  std::string text;
  for (auto const& difference : differences) text += (text.empty() ? "" : "; ") + difference;
  throw Error(
      ExitCode::usage,
      fmt::format("{} holds a run of another plan ({}) give another folder with -o, or go on by the plan "
                  "that is there: muster run --resume {}",
                  folder_.root.string(), text, folder_.root.string()));
}

void OpenRun::continue_as(Document::Run& run) const {
  run.scheduler_restarts = scheduler_restarts();
  if (!finished_.run()) return take_backend_of(plan_, run);
  run.id = finished_.run()->id;
  run.backend = finished_.run()->backend;
  run.backend_reason = finished_.run()->backend_reason;
  say(fmt::format("going on with the run in {}: {} launches of cases are behind it\n", shown(folder_.root),
                  finished_.size()));
}

std::unique_ptr<RunLock> lock_folder(fs::path const& folder) {
  auto const self = this_process(variable("SLURM_JOB_ID"), scheduler_restarts());
  auto lock = std::make_unique<RunLock>(folder, self, stop_ourselves);
  if (lock->taken_from())
    say(fmt::format("note: {} held this folder and is gone\n", name_of(*lock->taken_from())));
  return lock;
}

std::string resume_words(RunFolder const& folder) {
  return fmt::format("go on with: muster run --resume {}", shown(folder.root));
}

}  // namespace muster
