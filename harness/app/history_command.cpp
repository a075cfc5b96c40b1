// `muster history`: when did figures change, over all results below a folder.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/analyze/history.hpp"
#include "harness/app/commands.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/core/say.hpp"
#include "harness/plan/filter.hpp"
#include "harness/record/history_json.hpp"
#include "harness/record/load.hpp"
#include "harness/report/history_table.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

struct HistoryArguments {
  std::string folder, format = "table", filter, fail_on = "regressed";
  double margin = -1;  ///< percent; below 0: the usual one
  int since = 0, needed = 20;
};

bool may_be_a_result(fs::path const& file) {
  constexpr std::array<std::string_view, 4> endings{".json", ".txt", ".log", ".out"};
  return std::ranges::find(endings, file.extension().string()) != endings.end();
}

/// A run's folder is its result.json alone: what else is in it is not for this. Links to folders are not
/// followed, since they may lead in circles.
void find_results(fs::path const& folder, std::vector<fs::path>& found) {
  std::error_code ignored;
  if (fs::exists(folder / "result.json", ignored)) return found.push_back(folder / "result.json");
  for (auto const& entry : entries_of(folder)) {
    if (fs::is_directory(entry, ignored) && !fs::is_symlink(entry, ignored)) {
      find_results(entry, found);
    } else if (fs::is_regular_file(entry, ignored) && may_be_a_result(entry)) {
      found.push_back(entry);
    }
  }
}

std::string utc_of(fs::path const& file) {
  std::error_code failed;
  auto const time = fs::last_write_time(file, failed);
  if (failed) return {};
  auto const seconds =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::file_clock::to_sys(time));
  auto const whole = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

class Runs {
 public:
  explicit Runs(fs::path const& folder) {
    std::error_code failed;
    if (!fs::is_directory(folder, failed))
      throw Error(ExitCode::usage,
                  fmt::format("{} is no folder (a history is of all results below one) give the "
                              "folder that holds the runs",
                              folder.string()));
    std::vector<fs::path> files;
    find_results(folder, files);
    std::ranges::sort(files);
    for (auto const& file : files) add(folder, file);
    if (inputs.empty()) {
      throw Error(
          ExitCode::usage,
          fmt::format("no result below {} ({} files were looked at) give the folder that holds the runs",
                      folder.string(), files.size()) +
              (skipped.empty() ? "" : "\n" + skipped.front().reason));
    }
  }

  std::vector<HistoryInput> inputs;
  std::vector<SkippedFile> skipped;
  std::map<std::string, int> notes;  ///< on how many files

 private:
  /// One broken file must not hide the other runs; it is told of.
  void add(fs::path const& folder, fs::path const& file) {
    auto const name = file.lexically_relative(folder).string();
    try {
      results_.push_back(load_result(file.string()));
      for (auto const& note : results_.back().notes) ++notes[note];
      inputs.push_back({name, utc_of(file), &results_.back().document});
    } catch (Error const& error) {
      skipped.push_back({name, error.what()});
    }
  }

  std::deque<LoadedResult> results_;
};

HistoryOptions options_of(HistoryArguments const& arguments) {
  HistoryOptions options;
  options.needed = static_cast<std::size_t>(arguments.needed);
  options.since = static_cast<std::size_t>(arguments.since);
  if (arguments.margin >= 0) options.margin = arguments.margin / 100;
  if (!arguments.filter.empty()) options.keep = name_filter(arguments.filter);
  return options;
}

ExitCode code_of(HistoryGate const& gate, HistoryArguments const& arguments) {
  if (arguments.since == 0) return ExitCode::ok;
  if (!gate.changed.empty() || !gate.failed.empty()) return ExitCode::gate_failed;
  return gate.decided > 0 ? ExitCode::ok : ExitCode::inconclusive;
}

std::string first_words(std::vector<std::string> const& names) {
  return names.size() == 1 ? names[0] : fmt::format("{} and {} more", names[0], names.size() - 1);
}

void say_gate(HistoryGate const& gate, HistoryArguments const& arguments) {
  if (arguments.since == 0) return;
  auto const tell = [&](std::string const& words) {
    say(printable(fmt::format("gate (last {} runs): {}", arguments.since, words)) + "\n");
  };
  if (!gate.changed.empty())
    tell(fmt::format("{} {}", first_words(gate.changed),
                     arguments.fail_on == "changed" ? "changed" : "became worse"));
  if (!gate.failed.empty()) tell(fmt::format("{} failed, or is missing", first_words(gate.failed)));
  if (gate.decided == 0)
    tell(fmt::format("no case has the {} points that it takes to see a change (--needed)", arguments.needed));
}

void print(History const& history, std::string const& format, ExitCode code) {
  if (format == "json") return fmt::print("{}", to_json(history, static_cast<int>(code)));
  if (format == "csv") return fmt::print("{}", history_csv(history));
  if (format == "md") return fmt::print("{}", history_markdown(history));
  fmt::print("{}", history_text(history));
}

ExitCode run_history(HistoryArguments const& arguments) {
  Runs const runs(arguments.folder);
  auto result = history(runs.inputs, options_of(arguments));
  result.skipped = runs.skipped;
  auto const gate = history_gate(result, arguments.fail_on == "changed");
  auto const code = code_of(gate, arguments);
  print(result, arguments.format, code);
  for (auto const& [note, files] : runs.notes)
    say(printable(fmt::format("{} files: {}", files, note)) + "\n");
  say_gate(gate, arguments);
  return code;
}

}  // namespace

void add_history(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<HistoryArguments>();
  auto* command = app.add_subcommand("history", "when figures changed, over all results below a folder");
  command->add_option("DIR", arguments->folder, "folder of runs, at any depth")->required();
  command->add_option("--format", arguments->format, "table, json, csv or md, on standard output")
      ->check(CLI::IsMember({"table", "json", "csv", "md"}))
      ->capture_default_str();
  command->add_option("--filter", arguments->filter,
                      "only cases in whose names this regular expression is found; '-...': only the others");
  command
      ->add_option("--margin", arguments->margin,
                   "smallest change that is told, in percent (default: as compare's)")
      ->check(CLI::Range(0.0, 100.0));
  command->add_option("--needed", arguments->needed, "runs of a case without which nothing is said of it")
      ->check(CLI::Range(6, 1000))
      ->capture_default_str();
  command
      ->add_option(
          "--since", arguments->since,
          "exit code 1 where within the last so many runs below DIR a figure became worse (a new level "
          "needs 3, of many cases 4), or a case failed or is missing; 3 where no case has enough runs")
      ->check(CLI::Range(1, 1000));
  command
      ->add_option("--fail-on", arguments->fail_on, "with --since: regressed, or changed in either direction")
      ->check(CLI::IsMember({"regressed", "changed"}))
      ->capture_default_str();
  command->callback([arguments, &exit_code] { exit_code = static_cast<int>(run_history(*arguments)); });
}

}  // namespace muster
