// `muster dataset make|import|check`: data on a disk for the dataload workloads. The host backend's plug-in
// has the libraries for it and does the work.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <memory>

#include "harness/app/commands.hpp"
#include "harness/app/formats.hpp"
#include "harness/core/error.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/say.hpp"
#include "harness/device/backends.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/record/environment.hpp"
#include "harness/report/task_progress.hpp"
#include "kernels/contract/dataset.hpp"

namespace muster {
namespace {

struct DatasetArguments {
  DatasetRequest request;
  std::string folder, source, bytes, shard_bytes = "256MiB", record_bytes, format = "table";
};

using Work = DatasetReport (DatasetTools::*)(DatasetRequest const&);

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::uint64_t size_of(std::string const& option, std::string const& text) {
  if (text.empty()) return 0;
  auto const bytes = parse_bytes(text);
  if (!bytes || *bytes == 0)
    throw Error(ExitCode::usage,
                fmt::format("{} {} is no size (write 500000000, 256MiB or 1.5TB)", option, text));
  return static_cast<std::uint64_t>(*bytes);
}

DatasetRequest request_of(DatasetArguments const& arguments) {
  auto request = arguments.request;
  request.folder = std::filesystem::absolute(arguments.folder);
  if (!arguments.source.empty()) request.source = std::filesystem::absolute(arguments.source);
  request.bytes = size_of("--bytes", arguments.bytes);
  request.shard_bytes = size_of("--shard-bytes", arguments.shard_bytes);
  request.record_bytes = size_of("--record-bytes", arguments.record_bytes);
  if (request.threads == 0) request.threads = usable_cores();
  request.stop = [] { return interrupt_signal() != 0; };
  return request;
}

std::unique_ptr<DatasetTools> open_tools() {
  static auto const backend = open_backend("host");  // what it hands out may not outlive it
  auto tools = backend->dataset_tools();
  if (!tools)
    throw Error(ExitCode::infrastructure,
                "the host backend makes no datasets (it was built without) build muster anew");
  return tools;
}

/// The workload's errors as those of a command.
DatasetReport carry_out(Work work, DatasetRequest const& request) {
  auto const tools = open_tools();
  try {
    return ((*tools).*work)(request);
  } catch (BadInput const& error) {
    throw Error(ExitCode::usage, error.what());
  } catch (NotSaved const& error) {
    throw Error(ExitCode::not_saved, error.what());
  } catch (CaseError const& error) {
    throw Error(ExitCode::infrastructure, error.what());
  }
}

struct Finished {
  DatasetReport report;
  double seconds = 0;
};

Finished run_with_progress(std::string const& what, Work work, DatasetArguments const& arguments) {
  InterruptGuard const guard;
  TaskProgress progress(what, stderr, isatty(STDERR_FILENO) == 1, &now);
  auto request = request_of(arguments);
  request.progress = [&](double fraction, std::string const& text) { progress.on(fraction, text); };
  double const start = now();
  auto report = carry_out(work, request);
  return {std::move(report), now() - start};
}

void print_report(Finished const& finished, Format format) {
  auto const& report = finished.report;
  auto const per_record = [&](std::uint64_t bytes) {
    return report.records > 0 ? static_cast<double>(bytes) / static_cast<double>(report.records) : 0.0;
  };
  Table const table{{{"dataset"},
                     {"shards", true},
                     {"of them kept", true},
                     {"records", true},
                     {"bytes", true},
                     {"mean record bytes", true},
                     {"index bytes", true},
                     {"records made per second", true}},
                    {{report.origin, std::to_string(report.shards), std::to_string(report.kept),
                      std::to_string(report.records), std::to_string(report.bytes),
                      fmt::format("{:.0f}", per_record(report.bytes)), std::to_string(report.index_bytes),
                      fmt::format("{:.1f}", static_cast<double>(report.made_records) / finished.seconds)}}};
  print_table(table, format);
}

/// 130 or 143 when a signal ended it, as for every command.
int stopped(std::string const& then) {
  int const signal = interrupt_signal();
  say(fmt::format("stopped by {}; {}\n", signal == SIGINT ? "Ctrl-C" : "a signal", then));
  return static_cast<int>(signal == SIGINT ? ExitCode::interrupted : ExitCode::terminated);
}

int fill(std::string const& what, Work work, DatasetArguments const& arguments) {
  auto const finished = run_with_progress(what, work, arguments);
  auto const& report = finished.report;
  for (auto const& file : report.left_out) say(fmt::format("left out: {}\n", printable(file)));
  print_report(finished, format_named(arguments.format));
  if (interrupt_signal() != 0) return stopped("whole shards are kept: give the same command to go on");
  if (report.records == 0)
    throw Error(ExitCode::usage,
                fmt::format("no file of '{}' can be used ({} left out) give a folder with pictures or "
                            "other files",
                            arguments.source, report.left_out.size()));
  say(fmt::format("measure with it: muster run --filter dataload --data {}\n", arguments.folder));
  return 0;
}

int check(DatasetArguments const& arguments) {
  auto const finished = run_with_progress("checking", &DatasetTools::check, arguments);
  auto const& report = finished.report;
  Table faults{{{"kind"}, {"fault"}}, {}};
  for (auto const& text : report.wrong) faults.rows.push_back({"wrong", printable(text)});
  for (auto const& text : report.unreadable) faults.rows.push_back({"unreadable", printable(text)});
  if (!report.complete)
    faults.rows.push_back(
        {"unfinished", "shards are still to be made: give the same muster dataset command again"});
  auto const format = format_named(arguments.format);
  if (!faults.rows.empty() || format != Format::table) print_table(faults, format);
  if (interrupt_signal() != 0) return stopped("not everything was checked");
  say(fmt::format("{}: {} records in {} shards, {}; {} wrong, {} unreadable\n", report.origin, report.records,
                  report.shards, human(static_cast<double>(report.bytes), "B"), report.wrong.size(),
                  report.unreadable.size()));
  if (!report.wrong.empty()) return static_cast<int>(ExitCode::wrong_numbers);
  if (!report.unreadable.empty()) return static_cast<int>(ExitCode::infrastructure);
  return static_cast<int>(report.complete ? ExitCode::ok : ExitCode::partial);
}

using Shared = std::shared_ptr<DatasetArguments>;

void add_common(CLI::App& command, Shared const& arguments) {
  command.add_option("--threads", arguments->request.threads, "threads; 0: one for each usable core")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command.add_option("--format", arguments->format, "table, json, csv or md, on standard output")
      ->check(CLI::IsMember({"table", "json", "csv", "md"}))
      ->capture_default_str();
}

void add_shards(CLI::App& command, Shared const& arguments) {
  command.add_option("--shard-bytes", arguments->shard_bytes, "size of a shard, about")
      ->capture_default_str();
  command.add_flag("--pack", arguments->request.pack,
                   "shards for direct reads: records at multiples of 4096 bytes, in place of tar");
}

Shared new_arguments() {
  auto arguments = std::make_shared<DatasetArguments>();
  arguments->request.threads = 0;
  return arguments;
}

void add_make(CLI::App& group, int& exit_code) {
  auto const arguments = new_arguments();
  auto& request = arguments->request;
  auto* command = group.add_subcommand("make", "a synthetic dataset; one that was stopped goes on");
  command->add_option("DIR", arguments->folder, "folder for it")->required();
  command->add_option("--profile", request.profile, "whose sizes and kind of records")
      ->required()
      ->check(CLI::IsMember({"imagenet", "camera", "unet3d"}));
  auto* records = command->add_option("--records", request.records, "how many")
                      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
  command->add_option("--bytes", arguments->bytes, "how much in all, about (100GB), in place of --records")
      ->excludes(records);
  command->add_option("--seed", request.seed, "the same seed gives the same records")->capture_default_str();
  command->add_option("--record-bytes", arguments->record_bytes,
                      "unet3d: mean size of the records (default 146.6 MB)");
  command->add_option("--frames", request.frames, "camera: frames of each of the 8 cameras in a sample")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  add_shards(*command, arguments);
  add_common(*command, arguments);
  command->footer("Example: muster dataset make /raid/imagenet --profile imagenet --bytes 1TB");
  command->callback([arguments, &exit_code] { exit_code = fill("making", &DatasetTools::make, *arguments); });
}

void add_import(CLI::App& group, int& exit_code) {
  auto const arguments = new_arguments();
  auto* command = group.add_subcommand("import", "your own files, pictures or others, as a dataset");
  command->add_option("SOURCE", arguments->source, "folder with the files")->required();
  command->add_option("DIR", arguments->folder, "folder for the dataset")->required();
  add_shards(*command, arguments);
  add_common(*command, arguments);
  command->callback(
      [arguments, &exit_code] { exit_code = fill("importing", &DatasetTools::import, *arguments); });
}

void add_dataset_check(CLI::App& group, int& exit_code) {
  auto const arguments = new_arguments();
  auto* command = group.add_subcommand("check", "every record against its hash; lists all faults");
  command->add_option("DIR", arguments->folder, "folder of the dataset")->required();
  add_common(*command, arguments);
  command->footer(
      "Exit code 5 when data are wrong, 6 when some cannot be read, 4 when shards are still to be made.");
  command->callback([arguments, &exit_code] { exit_code = check(*arguments); });
}

}  // namespace

void add_dataset(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("dataset", "make, import or check data for the dataload workloads");
  group->require_subcommand(1);
  add_make(*group, exit_code);
  add_import(*group, exit_code);
  add_dataset_check(*group, exit_code);
}

}  // namespace muster
