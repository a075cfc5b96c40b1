#include "harness/app/versus_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "harness/app/versus_stage.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/launch/child.hpp"
#include "harness/launch/log_words.hpp"
#include "harness/plan/interleave.hpp"
#include "harness/plan/planner.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/save.hpp"
#include "harness/record/versus_json.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

Error fault(Arm arm, ExitCode code, std::string const& why) {
  return {code, fmt::format("the {} side: {}", name(arm), why)};
}

/// Its own words; they tell of files with line numbers.
std::string words_of(Answer const& answer) {
  auto text = answer.errors.empty() ? answer.ending.text() : answer.errors;
  if (text.starts_with("muster: ")) text.erase(0, 8);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string ask_plan(Arm arm, ArmProgram const& program, std::optional<double> sampling_seconds) {
  constexpr double most_seconds = 180;  // devices are asked, too
  Command command{{program.program, "run"}, program.environment};
  for (auto const* list : {&program.plan_arguments, &program.run_arguments})
    command.argv.insert(command.argv.end(), list->begin(), list->end());
  command.argv.insert(command.argv.end(), {"--launches=1", "--dry-run", "--format=json"});
  if (sampling_seconds) command.argv.push_back(fmt::format("--time-budget={:.6f}s", *sampling_seconds));
  auto const answer = ask(command, most_seconds);
  if (answer.timed_out)
    throw fault(arm, ExitCode::infrastructure, fmt::format("no plan within {} s", most_seconds));
  if (answer.ending.ok()) return answer.output;
  bool const usage = answer.ending.exit_code == static_cast<int>(ExitCode::usage);
  throw fault(arm, usage ? ExitCode::usage : ExitCode::infrastructure, words_of(answer));
}

Plan read_plan(Arm arm, std::string const& text) {
  try {
    return plan_from_json(text);
  } catch (Error const& error) {
    throw fault(arm, error.exit_code, fmt::format("its plan cannot be read ({})", error.what()));
  }
}

bool has(std::vector<PlannedCase> const& cases, std::string const& name) {
  return std::ranges::any_of(cases, [&](PlannedCase const& planned) { return planned.name == name; });
}

/// Those that both have, and what only `cases` have.
struct Shared {
  std::vector<std::string> both, alone;
};
Shared shared(std::vector<PlannedCase> const& cases, std::vector<PlannedCase> const& others) {
  Shared shared;
  for (auto const& planned : cases)
    (has(others, planned.name) ? shared.both : shared.alone).push_back(planned.name);
  return shared;
}

/// The budget is shared out over all launches of both arms; with `detect` it limits their number instead.
std::optional<double> budget_of_launch(VersusWishes const& wishes) {
  if (!wishes.budget_seconds || wishes.detect) return std::nullopt;
  return *wishes.budget_seconds / (2 * wishes.launches.value_or(versus_launches));
}

Plan one_launch(fs::path const& root, Arm arm) {
  auto plan = plan_from_json(read_file(RunFolder{arm_folder(root, arm)}.plan()));
  plan.launches = 1;
  for (auto& planned : plan.cases) planned.launches = 1;
  return plan;
}

double launch_seconds(Plan const& base, Plan const& candidate) {
  return estimated_seconds(base) + estimated_seconds(candidate);
}

}  // namespace

PlannedVersus plan_versus(Arms const& arms, VersusWishes const& wishes) {
  if (wishes.launches.value_or(1) < 1)
    throw Error(
        ExitCode::usage,
        fmt::format("--launches {} is not possible (nothing would run) use 1 or more", *wishes.launches));
  auto const budget = budget_of_launch(wishes);
  auto const base_text = ask_plan(Arm::base, arms.base, budget);
  auto const candidate_text = ask_plan(Arm::candidate, arms.candidate, budget);
  auto const base = read_plan(Arm::base, base_text), candidate = read_plan(Arm::candidate, candidate_text);
  auto const of_base = shared(base.cases, candidate.cases);
  if (of_base.both.empty())
    throw Error(
        ExitCode::usage,
        fmt::format("no case is on both sides (the base has {} of them, first {}; the new one {}, first "
                    "{}) give suites that share cases: muster run SUITE --dry-run shows them",
                    base.cases.size(), base.cases.front().name, candidate.cases.size(),
                    candidate.cases.front().name));
  PlannedVersus planned;
  auto& versus = planned.versus;
  versus.base = arms.base;
  versus.candidate = arms.candidate;
  versus.seed = base.seed;
  versus.only_base = of_base.alone;
  versus.only_candidate = shared(candidate.cases, base.cases).alone;
  versus.detect = wishes.detect.value_or(0);
  versus.most_launches = wishes.detect ? wishes.launches.value_or(detect_launches) : 0;
  versus.budget_seconds = wishes.detect ? wishes.budget_seconds.value_or(0) : 0;
  versus.confirm = wishes.confirm;
  versus.first.cases = of_base.both;
  int const launches = wishes.detect ? std::min(pilot_launches, versus.most_launches)
                                     : wishes.launches.value_or(versus_launches);
  add_interleaved(versus.first.order, launches, versus.seed);
  planned.base_plan = plan_part(base_text, of_base.both);
  planned.candidate_plan = plan_part(candidate_text, of_base.both);
  planned.launch_seconds =
      launch_seconds(plan_from_json(planned.base_plan), plan_from_json(planned.candidate_plan));
  return planned;
}

void make_folder(fs::path const& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(ExitCode::not_saved, fmt::format("cannot make {} ({}) give a folder you may write with -o",
                                                 folder.string(), error.message()));
}

void save_arm_plan(fs::path const& root, Arm arm, std::string const& plan) {
  RunFolder const folder{arm_folder(root, arm)};
  make_folder(folder.root);
  save_atomically(folder.plan(), plan);
}

double launch_seconds_in(fs::path const& root) {
  return launch_seconds(one_launch(root, Arm::base), one_launch(root, Arm::candidate));
}

fs::path versus_file(fs::path const& root) { return root / "versus.json"; }

}  // namespace muster
