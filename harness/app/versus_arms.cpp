#include "harness/app/versus_arms.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <regex>
#include <string_view>
#include <utility>

#include "harness/app/compare_results.hpp"
#include "harness/app/paths.hpp"
#include "harness/app/resume.hpp"
#include "harness/core/error.hpp"
#include "harness/core/job_values.hpp"
#include "harness/launch/child.hpp"
#include "harness/plan/planner.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// Options that are about this run as a whole, not about either arm; so are all of our own group.
constexpr std::array<std::string_view, 10> own{"SUITE",     "--launches",    "--output", "--time-budget",
                                               "--format",  "--dry-run",     "--resume", "--continue",
                                               "--request", "--retry-failed"};
constexpr char const* group = "Two sides in turn";

/// What took the place of something.
struct Other {
  std::optional<fs::path> program{}, config{};
};

class Faults {
 public:
  void add(std::string const& fault) { texts_.push_back(fault); }
  std::vector<std::string> const& texts() const { return texts_; }
  void throw_if_any() const {
    if (!texts_.empty()) throw Error(ExitCode::usage, fmt::format("{}", fmt::join(texts_, "\n")));
  }

 private:
  std::vector<std::string> texts_;
};

bool is_executable_file(fs::path const& path) {
  std::error_code unreachable;  // then it is none
  return fs::is_regular_file(path, unreachable) && access(path.c_str(), X_OK) == 0;
}

/// A bundle, an installation or a checkout that has been built.
std::optional<fs::path> program_in(fs::path const& folder) {
  for (auto const* place : {"bin/muster", "build/release/bin/muster", "muster"}) {
    if (is_executable_file(folder / place)) return folder / place;
  }
  return std::nullopt;
}

void put(std::optional<fs::path>& place, fs::path const& path, char const* what, Faults& faults) {
  if (place)
    faults.add(
        fmt::format("--versus names two {}s, {} and {} (one can take the place of this run's own) "
                    "leave one out",
                    what, in_quotes(place->string()), in_quotes(path.string())));
  place = fs::absolute(path);
}

bool is_shipped_suite(std::string const& text) {
  auto const names = suite_names(configs_folder() / "suites");
  return std::ranges::find(names, text) != names.end();
}

void find_other(std::string const& text, Other& other, Faults& faults) {
  auto const fault = [&](std::string const& why) { faults.add(fmt::format("{} {}", in_quotes(text), why)); };
  std::error_code unreachable;  // then it is not there
  if (fs::is_directory(text, unreachable)) {
    auto const program = program_in(text);
    if (program) return put(other.program, *program, "program", faults);
    return fault(
        "holds no muster (looked for bin/muster, build/release/bin/muster, muster) give the program");
  }
  if (text.ends_with(".toml") && fs::is_regular_file(text, unreachable))
    return put(other.config, text, "config", faults);
  if (is_executable_file(text)) return put(other.program, text, "program", faults);
  if (fs::exists(text, unreachable))
    return fault(
        "is neither a program nor a suite (not executable, no .toml file) give another muster, or a "
        "suite's TOML file");
  if (!is_shipped_suite(text))
    return fault(
        "is not there (no such file, and no shipped suite of that name) give another muster, or a "
        "suite");
  put(other.config, find_suite(text, configs_folder() / "suites"), "config", faults);
}

/// What a program says of itself; "" with a fault where it is no muster.
std::string version_of(fs::path const& program, Faults& faults) {
  constexpr double most_seconds = 20;
  auto const fault = [&](std::string const& why) {
    faults.add(fmt::format("{} is no muster ({}) give the program of another build",
                           in_quotes(program.string()), why));
    return std::string();
  };
  try {
    auto const answer = ask({{program.string(), "--version"}}, most_seconds);
    if (answer.timed_out) return fault(fmt::format("no answer to --version within {} s", most_seconds));
    static std::regex const form(R"(muster \d[^\n]*)");
    std::smatch match;
    if (std::regex_search(answer.output, match, form) && match.position() == 0) return match.str();
    return fault(fmt::format("it answers --version with {} and {}", in_quotes(answer.output.substr(0, 60)),
                             answer.ending.text()));
  } catch (Error const& error) {
    return fault(error.what());
  }
}

void add_variable(std::string const& text, ArmProgram& arm, Faults& faults) {
  static std::regex const form("([A-Za-z_][A-Za-z0-9_]*)=([^]*)");
  std::smatch match;
  if (!std::regex_match(text, match, form))
    return faults.add(
        fmt::format("--versus-env {} is no setting of a variable (its form is NAME=VALUE) write "
                    "for example NCCL_ALGO=Ring",
                    in_quotes(text)));
  bool const twice =
      std::ranges::any_of(arm.environment, [&](auto const& entry) { return entry.first == match[1].str(); });
  if (twice)
    return faults.add(
        fmt::format("--versus-env sets {} twice (a variable has one value) leave one out", match[1].str()));
  arm.environment.emplace_back(match[1], match[2]);
}

std::string joined(std::vector<std::string> const& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Those of our group, but for `except`.
std::vector<CLI::Option const*> given_of_group(CLI::App const& command, std::string_view except) {
  std::vector<CLI::Option const*> given;
  for (auto const* option : command.get_options()) {
    if (option->get_group() == group && option->count() > 0 && option->get_name() != except)
      given.push_back(option);
  }
  return given;
}

std::string names_of(std::vector<CLI::Option const*> const& options) {
  std::vector<std::string> names;
  for (auto const* option : options) names.push_back(option->get_name());
  return joined(names);
}

/// "--option=value", a flag "--option".
void hand_on(CLI::Option const& option, std::vector<std::string>& list) {
  bool const flag = option.get_items_expected_max() == 0;
  if (flag) list.push_back(option.get_name());
  for (auto const& value : flag ? std::vector<std::string>{} : option.results())
    list.push_back(option.get_name() + "=" + value);
}

std::string nothing_to_compare(std::string const& options) {
  return fmt::format(
      "{} has nothing to confirm or compare (there is one side) give another with --versus or "
      "--versus-env",
      options);
}

std::vector<std::string> with_suite(fs::path const& suite, std::vector<std::string> const& options) {
  std::vector<std::string> list{fs::absolute(suite).string()};
  list.insert(list.end(), options.begin(), options.end());
  return list;
}

}  // namespace

void add_versus_options(CLI::App& command, VersusArguments& arguments) {
  auto const several = [&](char const* name, std::vector<std::string>& values, char const* help) {
    return command.add_option(name, values, help)->allow_extra_args(false)->group(group);
  };
  several("--versus", arguments.others,
          "measure against OTHER, launch by launch in turn: another muster (a program, or the folder of a "
          "bundle) or another suite; twice for one of each")
      ->type_name("OTHER");
  several("--versus-env", arguments.environment,
          "the other side has this in its environment; may be given several times")
      ->type_name("NAME=VALUE");
  command
      .add_option("--detect", arguments.detect,
                  "how many launches it takes to find a change of so much, from 5 of them; with --versus: go "
                  "on to so many")
      ->type_name("PERCENT")
      ->group(group);
  command
      .add_flag("--confirm", arguments.confirm,
                "run again what only fresh launches can decide, and decide on those alone")
      ->group(group);
  auto const before = command.get_options().size();
  add_compare_rules(command, arguments.rules);
  auto const options = command.get_options();
  for (auto i = before; i < options.size(); ++i) options[i]->group(group);
}

void refuse_versus_options(CLI::App const& command, fs::path const& run) {
  auto const given = given_of_group(command, "--confirm");  // whether to is open until the end
  if (!given.empty())
    throw Error(ExitCode::usage, fmt::format("{} would change a run that has begun ({} goes by its "
                                             "versus.json) leave out",
                                             names_of(given), run.string()));
}

void refuse_without_other_side(CLI::App const& command) {
  auto const given = given_of_group(command, "--detect");
  if (!given.empty()) throw Error(ExitCode::usage, nothing_to_compare(names_of(given)));
}

std::vector<std::string> versus_options_given(CLI::App const& command) {
  std::vector<std::string> list;
  for (auto const* option : given_of_group(command, "--versus")) hand_on(*option, list);
  return list;
}

std::vector<std::string> versus_faults(VersusArguments const& arguments, CLI::App const& command, bool here) {
  Faults faults;
  Other other;
  ArmProgram arm;
  for (auto const& text : arguments.others) {
    if (here || text.empty()) find_other(text, other, faults);
  }
  for (auto const& text : arguments.environment) add_variable(text, arm, faults);
  auto const given = given_of_group(command, "--detect");
  if (!arguments.asked() && !given.empty()) faults.add(nothing_to_compare(names_of(given)));
  return faults.texts();
}

std::string other_side(std::string const& text) {
  std::error_code unreachable;  // then it is not there
  bool const suite = is_shipped_suite(text) && !fs::exists(text, unreachable);
  return suite || text.empty() ? text : fs::absolute(text).lexically_normal().string();
}

Arms arms_of(VersusArguments const& arguments, CLI::App const& command, fs::path const& suite) {
  Faults faults;
  Other other;
  for (auto const& text : arguments.others) find_other(text, other, faults);
  auto const of_plan = handed_on(command, true), of_run = handed_on(command, false);
  ArmProgram const base{program_path().string(), {}, with_suite(suite, of_plan), of_run};
  ArmProgram candidate{other.program.value_or(program_path()).string(),
                       {},
                       with_suite(other.config.value_or(suite), of_plan),
                       of_run};
  for (auto const& text : arguments.environment) add_variable(text, candidate, faults);
  Arms arms{base, candidate};
  arms.base.version = version_of(arms.base.program, faults);
  arms.candidate.version = other.program ? version_of(arms.candidate.program, faults) : arms.base.version;
  faults.throw_if_any();
  return arms;
}

ArmProgram program_named(std::string const& text) {
  Faults faults;
  Other other;
  find_other(text, other, faults);
  if (other.config)
    faults.add(fmt::format("{} is a suite (a program is wanted) give a muster", in_quotes(text)));
  faults.throw_if_any();
  ArmProgram arm{other.program->string(), {}, {}, {}, {}};
  arm.version = version_of(arm.program, faults);
  faults.throw_if_any();
  return arm;
}

std::vector<std::string> handed_on(CLI::App const& command, bool of_plan) {
  std::vector<std::string> list;
  for (auto const* option : command.get_options()) {
    auto const name = option->get_name();
    bool const is_own = std::ranges::find(own, name) != own.end() || option->get_group() == group;
    if (option->count() == 0 || is_own || is_of_the_plan(name) != of_plan) continue;
    hand_on(*option, list);
  }
  return list;
}

}  // namespace muster
