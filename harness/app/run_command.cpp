// `muster run`: config to plan, plan to journal, journal to document.
#include <fmt/format.h>
#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include "harness/app/commands.hpp"
#include "harness/app/finish.hpp"
#include "harness/app/formats.hpp"
#include "harness/app/paths.hpp"
#include "harness/app/probe.hpp"
#include "harness/app/resume.hpp"
#include "harness/app/run_nodes.hpp"
#include "harness/app/supervise.hpp"
#include "harness/app/versus_detect.hpp"
#include "harness/app/versus_plan.hpp"
#include "harness/app/versus_run.hpp"
#include "harness/core/build_info.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/core/job_values.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/say.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/plan/planner.hpp"
#include "harness/record/assemble.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/heart.hpp"
#include "harness/record/local_folder.hpp"
#include "harness/record/save.hpp"
#include "harness/report/result_view.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

struct RunArguments {
  std::string suite = "quick", backend = "auto", output, data, cache, format = "table", time_budget;
  PlanOptions plan;
  NodeArguments nodes;
  ResumeArguments resume;
  VersusArguments versus;
  bool dry_run = false;
  std::vector<std::string> argv;
};

/// A ULID: 48 bits of milliseconds, 80 random bits, in Crockford's base 32. Sorts by time.
std::string new_run_id() {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  auto const ms =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  unsigned char random[16];
  if (getrandom(random, sizeof random, 0) != sizeof random)
    throw Error(ExitCode::infrastructure, "the kernel gives no random bytes");
  constexpr char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string id;
  for (int shift = 45; shift >= 0; shift -= 5) id += digits[(ms >> shift) & 31];
  for (unsigned char const byte : random) id += digits[byte & 31];
  return id;
}

void check_data_folder(std::string const& folder) {
  if (folder.empty()) return;
  std::error_code error;
  fs::directory_iterator const entries(folder, error);
  if (error)
    throw Error(ExitCode::usage,
                fmt::format("cannot read the data folder {} ({}) give a folder of JPEG files with --data",
                            folder, error.message()));
  if (entries == fs::directory_iterator())
    throw Error(ExitCode::usage, fmt::format("the data folder {} is empty (no JPEG files to load) give one "
                                             "with pictures, or leave --data away for a synthetic set",
                                             folder));
}

std::optional<double> time_budget_of(RunArguments const& arguments) {
  if (arguments.time_budget.empty()) return std::nullopt;
  auto const seconds = parse_duration(arguments.time_budget);
  if (!seconds || *seconds <= 0)
    throw Error(ExitCode::usage, fmt::format("--time-budget {} is no duration above 0 (write 90s, 2m or 1h)",
                                             in_quotes(arguments.time_budget)));
  return seconds;
}

Plan plan_of(RunArguments const& arguments, Choice const& choice, fs::path const& config) {
  auto options = arguments.plan;
  if (!arguments.data.empty()) options.data = fs::absolute(arguments.data);
  options.cache = arguments.cache.empty() ? cache_folder() : fs::absolute(arguments.cache);
  options.models = configs_folder() / "models";
  options.suites = configs_folder() / "suites";
  options.time_budget = time_budget_of(arguments);
  auto plan = make_plan(config, Registry::instance(), choice.machine, options);
  std::string texts;
  for (auto const& file : plan.config_files) texts += read_file(file);
  plan.config_sha256 = sha256(texts);
  return plan;
}

Document::Run describe_run(RunArguments const& arguments, Plan const& plan, Choice const& choice) {
  auto const& build = build_info();
  Document::Run run;
  run.id = new_run_id();
  run.started = utc_now();
  run.argv = arguments.argv;
  run.suite = plan.suite;
  run.config_path = plan.config_path;
  run.config_sha256 = plan.config_sha256;
  run.seed = plan.seed;
  run.backend = choice.machine.backend;
  run.backend_reason = choice.reason;
  run.version = build.version;
  run.commit = build.commit;
  run.dirty = build.dirty;
  run.oversubscribed = plan.oversubscribe;
  run.planned_cases = static_cast<int>(plan.cases.size());
  run.launches = plan.launches;
  return run;
}

void print_plan(Plan const& plan, Format format) {
  Table table{{{"case"}, {"backend"}, {"ranks", true}, {"sampling", true}, {"deadline", true}}, {}};
  for (auto const& planned : plan.cases) {
    table.rows.push_back({planned.name, planned.backend, std::to_string(planned.ranks),
                          human_duration(planned.sampling_seconds),
                          human_duration(planned.deadline_seconds)});
  }
  if (format == Format::json) return fmt::print("{}", to_json(plan));
  print_table(table, format);
  say(fmt::format("suite {}: {} cases, {} launches, about {}\n", plan.suite, plan.cases.size(), plan.launches,
                  human_duration(estimated_seconds(plan))));
}

/// Prints the first line people see; the document's own headline says the same later.
void announce(Document::Run const& run, Choice const& choice, Plan const& plan) {
  Document document;
  document.run = run;
  document.nodes.push_back(describe_node());
  document.nodes.front().name = host_name();
  document.nodes.front().gpus =
      choice.machine.backend == "cuda" ? choice.probe.devices : std::vector<DeviceInfo>{};
  say(fmt::format("{}, about {}\n", headline(document), human_duration(estimated_seconds(plan))));
}

Outcome outcome_of(RunStop const& stop, Document const& document) {
  if (!stop.not_saved.empty()) return {RunStatus::partial, ExitCode::not_saved};
  if (stop.signal == SIGINT) return {RunStatus::aborted, ExitCode::interrupted};
  if (stop.signal != 0) return {RunStatus::partial, ExitCode::terminated};
  auto outcome = judge(document);
  bool const elsewhere = !stop.elsewhere.empty() || !document.run.elsewhere.empty();
  if (elsewhere && outcome.code != ExitCode::wrong_numbers) outcome.code = ExitCode::not_saved;
  return outcome;
}

void print_result(Finished const& finished, Format format) {
  if (format == Format::json) return fmt::print("{}", to_json(finished.document));
  if (format == Format::table) return fmt::print("{}", result_text(finished.document));
  print_table(result_rows(finished.document), format);
}

/// "" where a run is gone on with. Asked before the devices are: a slip of the pen must not take seconds.
fs::path suite_to_run(RunArguments const& arguments) {
  return arguments.resume.folder.empty() ? find_suite(arguments.suite, configs_folder() / "suites")
                                         : fs::path();
}

Plan new_plan(RunArguments& arguments, fs::path const& suite, std::optional<Allocation> const& allocation,
              Choice& choice) {
  if (allocation) plan_for(*allocation, arguments.nodes, choice.machine, arguments.plan);
  return plan_of(arguments, choice, suite);
}

std::vector<fs::path> further_journals(RunFolder const& folder) {
  auto const local = local_folder(folder);
  return fs::is_directory(local) ? std::vector{local} : std::vector<fs::path>{};
}

/// What people are told at the end, and the exit code.
int conclude(Finished const& finished, RunStop const& stop, RunFolder const& folder) {
  auto const& run = finished.document.run;
  for (auto const& moved : run.elsewhere)
    say(fmt::format("! {} could not write its journal where it belongs: it is in {} there ({})\n", moved.node,
                    moved.folder, moved.reason));
  if (!finished.not_saved.empty()) throw Error(ExitCode::not_saved, finished.not_saved);
  if (!stop.not_saved.empty()) throw Error(ExitCode::not_saved, stop.not_saved);
  if (stop.signal != 0)
    say(fmt::format("stopped by {}; every finished case is saved; {}\n",
                    stop.signal == SIGINT ? "Ctrl-C" : "SIGTERM", resume_words(folder)));
  if (!stop.elsewhere.empty())
    say(fmt::format("! {}\n! with these folders at hand: muster collect {} FOLDER...\n", stop.elsewhere,
                    shown(folder.root)));
  say(fmt::format("saved  {}\n", shown(folder.result())));
  return run.exit_code;
}

/// --detect; then launches must be enough to tell how they vary.
std::optional<double> change_to_detect(RunArguments& arguments) {
  if (arguments.versus.detect.empty()) return std::nullopt;
  bool const begins = arguments.resume.folder.empty();
  if (begins && !arguments.plan.launches) arguments.plan.launches = pilot_launches;
  return change_of(arguments.versus.detect);
}

int run_command(RunArguments arguments) {
  auto const format = format_named(arguments.format);
  check_data_folder(arguments.data);
  auto const change = change_to_detect(arguments);
  auto const suite = suite_to_run(arguments);
  auto const saved =
      suite.empty() ? std::optional(saved_plan(arguments.resume, arguments.plan.launches)) : std::nullopt;
  auto const allocation = nodes_for(arguments.nodes, saved, arguments.resume.folder);
  auto choice = choose_backend(arguments.backend);
  auto const plan = saved ? *saved : new_plan(arguments, suite, allocation, choice);
  if (arguments.dry_run) {
    print_plan(plan, format);
    return 0;
  }
  InterruptGuard const guard;
  OpenRun const open(arguments.output, arguments.resume, plan);
  auto const& folder = open.folder();
  JournalWriter journal(folder.supervisor_journal(), local_folder(folder));
  Heart const heart(journal, host_name());
  auto run = describe_run(arguments, plan, choice);
  open.continue_as(run);
  journal.append(RunStarted{run, open.finished().attempts() + 1});
  announce(run, choice, plan);

  auto stop = supervise({plan, folder, journal, choice.machine.cores, arguments.nodes, allocation,
                         open.finished(), arguments.resume.retry_failed});
  auto const end = [&](Document const& document) -> std::optional<RunEnded> {
    auto const outcome = outcome_of(stop, document);
    RunEnded const ended{outcome.status, static_cast<int>(outcome.code), utc_now(), stop.attempts};
    try {
      journal.append(ended);
    } catch (Error const& error) {
      stop.not_saved = error.what();
      return std::nullopt;
    }
    return ended;
  };
  auto const finished = finish(folder, end, further_journals(folder));
  print_result(finished, format);
  if (change) tell_launches(finished.document, plan, *change);
  return conclude(finished, stop, folder);
}

/// A run that is gone on with is what it was.
bool has_two_sides(RunArguments const& arguments, CLI::App const& command) {
  if (!arguments.resume.folder.empty() && holds_versus(arguments.resume.folder)) {
    refuse_versus_options(command, arguments.resume.folder);
    return true;
  }
  if (!arguments.versus.asked()) refuse_without_other_side(command);
  if (arguments.versus.asked() && !arguments.resume.folder.empty())
    throw Error(ExitCode::usage,
                fmt::format("{} is no run of two sides (it has no versus.json) leave --versus and "
                            "--versus-env out, or begin another run",
                            arguments.resume.folder));
  return arguments.versus.asked();
}

int run_two_sides(RunArguments const& arguments, CLI::App const& command) {
  check_data_folder(arguments.data);
  return run_versus({arguments.versus, command, arguments.resume, arguments.suite, arguments.output,
                     arguments.format, arguments.plan.launches, time_budget_of(arguments),
                     arguments.dry_run});
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<RunArguments>();
  auto* command = app.add_subcommand("run", "measure: carry out a suite and save its result document");
  command->add_option("SUITE", arguments->suite, "name of a shipped suite, or a TOML file (see muster list)")
      ->capture_default_str();
  command->add_option("--backend", arguments->backend, "auto takes the GPUs where there are any")
      ->check(CLI::IsMember({"auto", "cuda", "host"}))
      ->capture_default_str();
  command->add_option("--filter", arguments->plan.filter,
                      "only cases whose name this regular expression finds; '-REGEX': the others");
  command->add_option("--launches", arguments->plan.launches,
                      "fresh starts of the workers: the samples that statistics count");
  command->add_option("--time-budget", arguments->time_budget, "shrink sampling to fit (90s, 2m, 1h)");
  command->add_option(
      "--data", arguments->data,
      "folder with your own JPEG files, tar shards of them, or a dataset (see muster dataset)");
  command->add_option("--cache", arguments->cache, "where generated input is kept between runs");
  command->add_option("--ranks", arguments->plan.ranks, "ranks of cases that use several");
  command->add_flag("--oversubscribe", arguments->plan.oversubscribe,
                    "let ranks share a GPU (functional test; stamped so)");
  command->add_option("--seed", arguments->plan.seed, "seed of all generated data");
  command->add_option("-o,--output", arguments->output, "run folder (default: results/NODE/TIME)");
  command->add_option("--format", arguments->format, "table, json, csv or md, on standard output")
      ->check(CLI::IsMember({"table", "json", "csv", "md"}))
      ->capture_default_str();
  command->add_flag("--dry-run", arguments->dry_run,
                    "print the cases and the time they will take, run nothing");
  add_node_options(*command, arguments->nodes);
  add_resume_options(*command, arguments->resume);
  add_versus_options(*command, arguments->versus);
  command->add_option("--request", "what a batch job was asked for (see muster submit); stands alone")
      ->type_name("FILE");
  command->footer(
      "Example: muster run quick --filter 'gemm/fp32' --launches 5 -o /tmp/try\n"
      "The folder holds result.json, the journals it is made from, raw samples and the workers' logs.");
  command->callback([arguments, command, &exit_code] {
    check_resume(*command, arguments->resume);
    arguments->argv = given_arguments();
    exit_code =
        has_two_sides(*arguments, *command) ? run_two_sides(*arguments, *command) : run_command(*arguments);
  });
}

}  // namespace muster
