#include "harness/app/fresh_launches.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <memory>

#include "harness/app/paths.hpp"
#include "harness/app/resume.hpp"
#include "harness/app/versus_arms.hpp"
#include "harness/app/versus_plan.hpp"
#include "harness/app/versus_stage.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/say.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/plan/interleave.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/save.hpp"
#include "harness/record/versus_json.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

std::string plan_beside(fs::path const& document) {
  RunFolder const folder{document.parent_path()};
  if (fs::exists(folder.plan())) return read_file(folder.plan());
  throw Error(
      ExitCode::usage,
      fmt::format("{} has no plan.json beside it (its cases cannot be run again as they were) give a run's "
                  "folder, or make fresh launches with muster run and give them with --confirm",
                  document.string()));
}

ArmProgram program_or_this(std::string const& text) {
  return program_named(text.empty() ? program_path().string() : text);
}

void check_end(StageEnd const& end, fs::path const& root) {
  auto const later =
      fmt::format("go on with: muster run --resume {0}; then give --confirm {0}/base {0}/new", shown(root));
  if (end.signal != 0) {
    auto const code = end.signal == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
    throw Error(code, fmt::format("stopped (by a signal) {}", later));
  }
  if (!end.words.empty())
    throw Error(static_cast<ExitCode>(end.exit_code), fmt::format("{}\n{}", end.words, later));
}

}  // namespace

fs::path make_fresh_launches(Suspects const& suspects, fs::path const& base_document,
                             fs::path const& new_document, FreshArguments const& arguments) {
  auto const base_plan = plan_part(plan_beside(base_document), suspects.names);
  auto const new_plan = plan_part(plan_beside(new_document), suspects.names);
  Versus versus;
  versus.base = program_or_this(arguments.base_program);
  versus.candidate = program_or_this(arguments.new_program);
  versus.seed = plan_from_json(base_plan).seed;
  versus.first.cases = suspects.names;
  add_interleaved(versus.first.order, suspects.launches, versus.seed);
  auto const root = fs::absolute(new_run_folder("results", host_name()));
  InterruptGuard const guard;
  make_folder(root);
  auto const lock = lock_folder(root);
  save_arm_plan(root, Arm::base, base_plan);
  save_arm_plan(root, Arm::candidate, new_plan);
  auto const save = [&] { save_atomically(versus_file(root), to_json(versus)); };
  save();
  auto const seconds = launch_seconds_in(root);
  say(fmt::format("{} fresh launches of each side, {} cases, about {}; in {}\n", suspects.launches,
                  suspects.names.size(), human_duration(suspects.launches * seconds), shown(root)));
  check_end(carry_out(versus.first, {versus, root, seconds, false, save}), root);
  return root;
}

std::string fresh_words(Suspects const& suspects, std::string const& label) {
  return fmt::format(
      "{} of {}'s cases need fresh launches to be decided, {} of each side. On the machine of these runs:\n"
      "  muster compare BASE NEW --base-program MUSTER --new-program MUSTER\n"
      "Elsewhere, for each side, and then with what they left:\n"
      "  muster run SUITE --launches {} --filter \"$(muster compare BASE NEW --suspects)\" -o FRESH\n"
      "  muster compare BASE NEW --confirm FRESH_BASE FRESH_NEW\n",
      suspects.names.size(), label, suspects.launches, suspects.launches);
}

}  // namespace muster
