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
#include <string_view>
#include <tuple>
#include <vector>

#include "harness/analyze/history.hpp"
#include "harness/app/commands.hpp"
#include "harness/app/versus_run.hpp"
#include "harness/core/counted.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/core/say.hpp"
#include "harness/core/versus.hpp"
#include "harness/plan/filter.hpp"
#include "harness/record/baselines.hpp"
#include "harness/record/history_json.hpp"
#include "harness/record/journal.hpp"
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

/// Results below a folder, and what is passed over, for people.
struct Found {
  std::vector<fs::path> files{};
  int baselines = 0, two_sides = 0, not_ended = 0;  ///< folders

  std::vector<std::string> notes() const {
    std::vector<std::string> list;
    auto const note = [&](int folders, std::string_view what) {
      if (folders > 0) list.push_back(fmt::format("{}: {}", counted(folders, "folder"), what));
    };
    note(baselines, "baselines (copies of results) are passed over");
    note(two_sides, "of a run of two sides only the base counts");
    note(not_ended, "a run without result.json is passed over (muster collect makes it)");
    return list;
  }
};

/// A run's folder is its result.json alone: what else is in it is not for this. Links to folders are not
/// followed, since they may lead in circles.
void find_results(fs::path const& folder, Found& found) {
  std::error_code ignored;
  if (fs::exists(folder / "result.json", ignored)) return found.files.push_back(folder / "result.json");
  if (holds_versus(folder)) {
    ++found.two_sides;
    return find_results(folder / name(Arm::base), found);
  }
  if (fs::exists(RunFolder{folder}.plan(), ignored)) return void(++found.not_ended);
  if (holds_baselines(folder)) return void(++found.baselines);
  for (auto const& entry : entries_of(folder)) {
    if (fs::is_directory(entry, ignored) && !fs::is_symlink(entry, ignored)) {
      find_results(entry, found);
    } else if (fs::is_regular_file(entry, ignored) && may_be_a_result(entry)) {
      found.files.push_back(entry);
    }
  }
}

/// What our other commands write (`compare --format json`): no result, and no fault.
bool is_ours_of_another_kind(fs::path const& file) {
  std::error_code failed;
  constexpr std::uintmax_t most = std::uintmax_t{64} << 20;
  if (file.extension() != ".json" || fs::file_size(file, failed) > most || failed) return false;
  auto const text = read_file(file);
  return text.find("\"muster.result\"") == std::string::npos &&
         std::ranges::any_of(
             std::array{"comparison", "versus", "findings", "history", "plan", "probe"},
             [&](char const* kind) { return text.find(fmt::format("\"muster.{}\"", kind)) != text.npos; });
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

/// What tells which of several documents of one run counts: the one with more launches' figures, then the one
/// that was ended later, and where that says nothing the hash, so that it is the same one wherever they lie.
auto weight_of(LoadedResult const& loaded) {
  std::size_t launches = 0;
  for (auto const& result : loaded.document.cases) launches += result.launches.size();
  return std::tuple(launches, loaded.document.run.ended, loaded.sha256);
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
    Found found;
    find_results(folder, found);
    auto& files = found.files;
    std::ranges::sort(files);
    for (auto const& file : files) add(folder, file);
    for (auto const& result : results_) {
      for (auto const& note : result.notes) ++notes[note];
    }
    remarks = found.notes();
    auto const remark = [&](int count, std::string_view what) {
      if (count > 0) remarks.push_back(fmt::format("{}: {}", counted(count, "file"), what));
    };
    remark(copies_, "the same document as one that counts already");
    remark(states_,
           "another document of a run that counts once: the one with more launches does, then the "
           "one that ended later");
    if (inputs.empty()) {
      throw Error(ExitCode::usage,
                  fmt::format("no result below {} ({} looked at) give the folder that holds the runs",
                              folder.string(), counted(files.size(), "file was", "files were")) +
                      (skipped.empty() ? "" : "\n" + skipped.front().reason));
    }
  }

  std::vector<HistoryInput> inputs;
  std::vector<SkippedFile> skipped;
  std::map<std::string, int> notes;  ///< on how many files
  std::vector<std::string> remarks;  ///< on what is passed over

 private:
  /// One broken file must not hide the other runs; it is told of.
  void add(fs::path const& folder, fs::path const& file) {
    auto const name = file.lexically_relative(folder).string();
    try {
      auto loaded = load_result(file.string());
      auto const& id = loaded.document.run.id;
      auto const [place, fresh] = places_.try_emplace(id.empty() ? loaded.sha256 : id, results_.size());
      if (fresh) {
        results_.push_back(std::move(loaded));
        inputs.push_back({name, utc_of(file), &results_.back().document});
      } else {
        add_again(place->second, std::move(loaded), name, utc_of(file));
      }
    } catch (Error const& error) {
      if (!is_ours_of_another_kind(file)) skipped.push_back({name, error.what()});
    }
  }

  /// A document of a run that has one already.
  void add_again(std::size_t place, LoadedResult loaded, std::string const& name, std::string const& time) {
    auto& counts = results_[place];
    if (counts.sha256 == loaded.sha256) return void(++copies_);
    ++states_;
    if (weight_of(loaded) < weight_of(counts)) return;
    counts = std::move(loaded);
    inputs[place] = {name, time, &counts.document};
  }

  std::deque<LoadedResult> results_;
  std::map<std::string, std::size_t> places_;  ///< in results_ and inputs, by run
  int copies_ = 0, states_ = 0;
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
  for (auto const& remark : runs.remarks) say(remark + "\n");
  for (auto const& [note, files] : runs.notes)
    say(printable(fmt::format("{}: {}", counted(files, "file"), note)) + "\n");
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
