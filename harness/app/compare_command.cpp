// `muster compare`: by how much results differ, and whether that is more than chance.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "harness/analyze/compare.hpp"
#include "harness/analyze/gate.hpp"
#include "harness/app/baseline_folder.hpp"
#include "harness/app/commands.hpp"
#include "harness/app/compare_results.hpp"
#include "harness/app/compare_sides.hpp"
#include "harness/app/fresh_launches.hpp"
#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/plan/filter.hpp"
#include "harness/record/comparison_json.hpp"
#include "harness/record/save.hpp"
#include "harness/report/comparison_table.hpp"
#include "harness/report/junit.hpp"

namespace muster {
namespace {

struct CompareArguments {
  std::vector<std::string> results, confirm;
  std::string baseline, baselines, filter, format = "table", output;
  CompareRules rules;
  FreshArguments fresh;
  bool suspects = false;
};

double relative(std::string const& text, std::string const& whole) {
  double percent = 0;
  auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), percent);
  bool const good = fault == std::errc{} && std::string(end, text.data() + text.size()) == "%" &&
                    percent >= 0 && percent < 100;
  if (good) return percent / 100;
  throw Error(
      ExitCode::usage,
      fmt::format("--margin {} is none (it takes a percentage from 0% to below 100%, or PATTERN=PERCENTAGE) "
                  "write --margin 2% or --margin 'gemm=2%'",
                  whole));
}

/// "2%", or of cases whose names fit a pattern "gemm/.*=2%".
void add_margin(CompareOptions& options, std::string const& text) {
  auto const equals = text.rfind('=');
  auto const pattern = equals == std::string::npos ? "" : text.substr(0, equals);
  auto const margin = relative(text.substr(equals + 1), text);
  try {
    options.margins.emplace_back(name_filter(pattern), margin);
  } catch (Error const& error) {
    throw Error(error.exit_code, fmt::format("--margin {}: {}", text, error.what()));
  }
}

CompareOptions options_of(CompareArguments const& arguments) {
  auto options = options_of(arguments.rules);
  if (!arguments.filter.empty()) options.keep = name_filter(arguments.filter);
  return options;
}

void check(CompareArguments const& arguments) {
  std::size_t const needed = arguments.baseline.empty() ? 2 : 1;
  if (arguments.results.size() < needed)
    throw Error(ExitCode::usage,
                "nothing to compare with (one result was given) give BASE and NEW, or --baseline "
                "NAME and NEW");
  bool const two_stages = !arguments.confirm.empty() || arguments.fresh.asked() || arguments.suspects;
  if (two_stages && arguments.results.size() > needed)
    throw Error(
        ExitCode::usage,
        "a second stage is about one comparison (more than two results were given) leave out all but BASE "
        "and NEW");
}

/// Those of both sides that decide on the suspects; none where nothing is asked for, or suspect.
std::vector<std::string> fresh_results(CompareArguments const& arguments, Comparison const& first) {
  auto const open = suspects(first);
  if (!arguments.fresh.asked() || open.names.empty()) return arguments.confirm;
  auto const root =
      make_fresh_launches(open, first.base.files.front(), first.candidate.files.front(), arguments.fresh);
  return {(root / "base").string(), (root / "new").string()};
}

std::vector<Comparison> compare_all(CompareArguments const& arguments, LoadedSides& sides) {
  auto const options = options_of(arguments);
  auto results = arguments.results;
  if (!arguments.baseline.empty()) {
    auto const baselines = baselines_in(arguments.baselines);
    results.insert(results.begin(), baselines.argument_of(baselines.find(arguments.baseline)));
  }
  auto const base = sides.load(results.front());
  std::vector<Comparison> list;
  std::vector<Side> others;
  for (std::size_t i = 1; i < results.size(); ++i) {
    others.push_back(sides.load(results[i]));
    list.push_back(compare(base, others.back(), options));
  }
  auto const fresh = fresh_results(arguments, list.front());
  if (fresh.empty()) return list;
  auto const fresh_base = sides.load(fresh[0]), fresh_candidate = sides.load(fresh[1]);
  BothSides const seen{base, others.front()}, again{fresh_base, fresh_candidate};
  auto confirmed = confirm(list.front(), seen, again, options);
  auto const doubt = arguments.confirm.empty() ? "" : why_sides_cannot_be_told(seen, again);
  if (!doubt.empty()) confirmed.notes.push_back(doubt);
  return {confirmed};
}

std::string rendered(std::vector<Comparison> const& comparisons, std::string const& format,
                     Gate const& gate) {
  if (format == "json") return to_json(comparisons, gate.fail_on, static_cast<int>(gate.exit_code));
  if (format == "junit") {
    return comparison_junit(comparisons, [&](Comparison const& comparison, CaseComparison const& one) {
      return std::ranges::any_of(gate.tripped, [&](Tripped const& tripped) {
        auto const& its = comparisons[tripped.comparison];
        return &its == &comparison && &its.cases[tripped.place] == &one;
      });
    });
  }
  std::string text;
  for (auto const& comparison : comparisons) {
    bool const first = text.empty();
    if (format == "csv") {
      text += comparison_csv(comparison, first);
    } else {
      text += (first ? "" : "\n") +
              (format == "md" ? comparison_markdown(comparison) : comparison_text(comparison));
    }
  }
  return text;
}

void deliver(std::string const& text, std::string const& file) {
  if (file.empty()) return fmt::print("{}", text);
  save_atomically(file, text);
}

/// Of names, so that what a regular expression would read otherwise stands for itself.
std::string pattern_of(std::vector<std::string> const& names) {
  std::string text;
  for (auto const& name : names) {
    text += text.empty() ? "^(" : "|";
    for (char const c : name) {
      if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) text += '\\';
      text += c;
    }
  }
  return text.empty() ? text : text + ")$";
}

/// Who reads the exit code alone should know that something is shown to be slower.
std::string passing_words(std::vector<Comparison> const& comparisons, Gate const& gate) {
  std::ptrdiff_t slower = 0;
  for (auto const& comparison : comparisons)
    slower += std::ranges::count(comparison.cases, CaseVerdict::slower, &CaseComparison::verdict);
  bool const listed = std::ranges::find(gate.fail_on, name(CaseVerdict::slower)) != gate.fail_on.end();
  if (slower == 0 || listed || gate.exit_code != ExitCode::ok) return {};
  return fmt::format(
      "{} slower, not shown to be by more than the margin: that passes (--fail-on "
      "regressed,slower makes it fail)\n",
      slower == 1 ? "1 case is" : fmt::format("{} cases are", slower));
}

std::string gate_words_of(Gate const& gate) {
  auto const reason = gate.reason.empty() ? "" : "gate: " + gate.reason + "\n";
  if (gate.tripped.empty()) return reason;
  auto const& first = gate.tripped.front();
  auto const others = gate.tripped.size() - 1;
  bool const suspect =
      std::ranges::find(gate.tripped, CaseVerdict::suspect, &Tripped::verdict) != gate.tripped.end();
  return reason + fmt::format("gate (--fail-on {}): {} is {}{}\n{}", fmt::join(gate.fail_on, ","), first.name,
                              first.words, others > 0 ? fmt::format(", and {} more", others) : "",
                              suspect ? "a suspect is undecided, neither a pass nor a failure: fresh "
                                        "launches of both sides decide "
                                        "(muster compare --confirm, muster run --versus ... --confirm)\n"
                                      : "");
}

void say_suspects(std::vector<Comparison> const& comparisons) {
  for (auto const& comparison : comparisons) {
    auto const list = suspects(comparison);
    if (comparison.confirmed || list.names.empty()) continue;
    say(printable_lines(fresh_words(list, comparison.candidate.label)));
  }
}

void print_suspects(Comparison const& comparison) {
  auto const list = suspects(comparison);
  if (list.names.empty()) return say("no case is suspect: nothing has to be run again\n");
  fmt::print("{}\n", pattern_of(list.names));
  say(fmt::format("run both sides again: muster run SUITE --launches {} --filter PATTERN\n", list.launches));
}

int run_compare(CompareArguments const& arguments) {
  check(arguments);
  LoadedSides sides;
  auto const comparisons = compare_all(arguments, sides);
  if (arguments.suspects) {
    print_suspects(comparisons.front());
    return 0;
  }
  int const code = deliver_comparisons(comparisons, arguments.rules, arguments.format, arguments.output);
  say_suspects(comparisons);
  return code;
}

void add_inputs(CLI::App& command, CompareArguments& arguments) {
  command
      .add_option("RESULT", arguments.results,
                  "BASE NEW [MORE...]: documents, run folders, folders of run folders (their launches are "
                  "pooled), or LABEL=any of these; every one is compared with the first")
      ->required();
  command.add_option("--baseline", arguments.baseline, "compare with this baseline; no BASE is given then");
  command.add_option("--baselines", arguments.baselines,
                     "folder that holds them (default: MUSTER_BASELINES, else results/baselines)");
  command
      .add_option("--confirm", arguments.confirm,
                  "BASE2 NEW2: fresh launches of both sides, on which alone suspects are decided")
      ->expected(2);
  auto const program = [&](char const* name, std::string& value, char const* help) {
    command.add_option(name, value, help)->type_name("MUSTER")->excludes("--confirm");
  };
  program("--base-program", arguments.fresh.base_program,
          "make those launches here and now, with this muster for the base (default: this one)");
  program("--new-program", arguments.fresh.new_program, "and with this one for the new side");
}

void add_outputs(CLI::App& command, CompareArguments& arguments) {
  command.add_option("--filter", arguments.filter,
                     "only cases in whose names this regular expression is found; '-...': only the others");
  command.add_option("--format", arguments.format, "table, json, csv, md or junit, on standard output")
      ->check(CLI::IsMember({"table", "json", "csv", "md", "junit"}))
      ->capture_default_str();
  command.add_option("-o,--output", arguments.output, "write to this file instead");
  auto* suspects =
      command.add_flag("--suspects", arguments.suspects,
                       "print a pattern for muster run --filter that selects the cases to be confirmed");
  for (auto const* ignored :
       {"--format", "--output", "--confirm", "--base-program", "--new-program", "--fail-on"})
    suspects->excludes(command.get_option(ignored));
}

}  // namespace

CompareOptions options_of(CompareRules const& rules) {
  if (rules.fail_on.size() > 1 && std::ranges::find(rules.fail_on, "none") != rules.fail_on.end())
    throw Error(
        ExitCode::usage,
        "--fail-on has none among others (nothing is to fail, and something is) give none alone, or leave "
        "it out");
  CompareOptions options;
  options.alpha = rules.alpha;
  options.force_incomparable = rules.force_incomparable;
  for (auto const& text : rules.margins) add_margin(options, text);
  return options;
}

int deliver_comparisons(std::vector<Comparison> const& comparisons, CompareRules const& rules,
                        std::string const& format, std::string const& file) {
  auto const outcome = gate(comparisons, rules.fail_on);
  deliver(rendered(comparisons, format, outcome), file);
  say(printable_lines(gate_words_of(outcome)) + passing_words(comparisons, outcome));
  return static_cast<int>(outcome.exit_code);
}

void add_compare_rules(CLI::App& command, CompareRules& rules) {
  command
      .add_option(
          "--margin", rules.margins,
          "smallest change that matters: 2%, or PATTERN=2% (may be repeated; the last that fits counts; "
          "0%: any change). Default: gemm 2%, collectives 3% (under 16 MiB or isolated 10%), dataload "
          "5%, others 3%")
      ->allow_extra_args(false);
  command.add_option("--alpha", rules.alpha, "chance of calling anything different where nothing is")
      ->check(CLI::Range(0.0001, 0.5))
      ->capture_default_str();
  command
      .add_option("--fail-on", rules.fail_on,
                  "what makes the exit code 1, or 3 where it is something undecided; a list of: " +
                      fmt::format("{}", fmt::join(gate_words(), ", ")))
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(gate_words()))
      ->capture_default_str();
  command.add_flag("--force-incomparable", rules.force_incomparable,
                   "also what cannot be held against each other; the output is stamped");
}

void add_compare(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<CompareArguments>();
  auto* command =
      app.add_subcommand("compare", "by how much results differ, and whether that is more than chance");
  add_inputs(*command, *arguments);
  add_compare_rules(*command, arguments->rules);
  add_outputs(*command, *arguments);
  command->callback([arguments, &exit_code] { exit_code = run_compare(*arguments); });
}

}  // namespace muster
