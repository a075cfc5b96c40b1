// `muster status`: how far a run is, from any node, while it goes and after.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "harness/app/commands.hpp"
#include "harness/app/formats.hpp"
#include "harness/app/paths.hpp"
#include "harness/app/resume.hpp"
#include "harness/app/versus_plan.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/core/quantities.hpp"
#include "harness/plan/planner.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/run_lock.hpp"
#include "harness/record/run_state.hpp"
#include "harness/record/versus_json.hpp"
#include "harness/report/table.hpp"

namespace muster {
namespace {

struct StatusArguments {
  std::string folder, format = "table";
  double silent = 60;
};

std::string holder_words(std::optional<LockState> const& lock) {
  if (!lock) return "nobody holds its folder";
  auto const name = name_of(lock->holder);
  if (lock->alive) return name + (*lock->alive ? " is at work" : " is gone");
  return fmt::format("{} gave its last sign of life {} ago", name,
                     human_duration(std::max(0.0, lock->silent_seconds)));
}

/// Of what is left, by the plan's own estimate.
double seconds_left(Plan const& plan, RunState const& state) {
  Plan left = plan;
  left.cases.clear();
  for (std::size_t i = 0; i < plan.cases.size(); ++i) {
    if (!state.finished[i]) left.cases.push_back(plan.cases[i]);
  }
  return left.cases.empty() ? 0 : estimated_seconds(left);
}

std::string state_words(Plan const& plan, RunFolder const& folder, RunState const& state) {
  if (state.state == "running")
    return fmt::format("running ({}), about {} left", holder_words(state.lock),
                       human_duration(seconds_left(plan, state)));
  if (state.state == "dead") {
    return fmt::format(
        "dead: its process is gone ({}); {}, or make a document of what there is: muster collect {}",
        holder_words(state.lock), resume_words(folder), shown(folder.root));
  }
  bool const left = std::ranges::any_of(state.launches, [](auto const& launch) { return launch.left > 0; });
  return fmt::format("{} since {}{}", state.state, state.ended, left ? "; " + resume_words(folder) : "");
}

void print_words(Plan const& plan, RunFolder const& folder, RunState const& state,
                 StatusArguments const& arguments) {
  fmt::print("run {} in {}: {}\n", state.run ? state.run->id : "(not begun)", shown(folder.root),
             state_words(plan, folder, state));
  Table launches{{{"phase"}, {"launch", true}, {"done", true}, {"failed", true}, {"left", true}}, {}};
  for (auto const& one : state.launches) {
    launches.rows.push_back({one.phase.empty() ? "-" : one.phase, std::to_string(one.launch + 1),
                             std::to_string(one.done), std::to_string(one.failed), std::to_string(one.left)});
  }
  fmt::print("{}", render_text(launches));
  Table nodes{{{"node"}, {"doing"}, {"last word", true}}, {}};
  for (auto const& node : state.nodes) {
    bool const silent =
        state.state == "running" && node.doing != "ended" && node.silent_seconds > arguments.silent;
    nodes.rows.push_back({printable(node.node), printable(node.doing),
                          human_duration(node.silent_seconds) + " ago" + (silent ? " !" : "")});
  }
  if (!nodes.rows.empty()) fmt::print("{}", render_text(nodes));
  if (state.bad_lines > 0)
    fmt::print("{} journal lines could not be read (torn by the end of their writer, or being written)\n",
               state.bad_lines);
  fmt::print("logs of the workers: {}\n", shown(folder.logs()));
}

/// Of a run of two sides; each of these is a run by itself.
void print_versus(std::filesystem::path const& root, StatusArguments const& arguments) {
  auto const text = read_file(versus_file(root));
  if (arguments.format == "json") return fmt::print("{}", text);
  auto const versus = versus_from_json(text);
  fmt::print("two sides in {}: {} of {} launches are done, {}\n", shown(root), versus.first.done.size(),
             versus.first.order.size(), holder_words(look_at_lock(root, this_process())));
  if (versus.fresh)
    fmt::print("second stage: {} of {} fresh launches are done\n", versus.fresh->done.size(),
               versus.fresh->order.size());
  fmt::print("each side: muster status {}, {}\n", shown(root / "base"), shown(root / "new"));
}

void run_status(StatusArguments const& arguments) {
  if (std::filesystem::exists(versus_file(arguments.folder)))
    return print_versus(arguments.folder, arguments);
  RunFolder const folder{arguments.folder};
  if (!std::filesystem::exists(folder.plan()))
    throw Error(ExitCode::usage,
                fmt::format("{} is no run folder (it has no plan.json) give the folder that muster run named",
                            arguments.folder));
  auto const plan = plan_from_json(read_file(folder.plan()));
  auto const threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
  auto const state = run_state(plan, folder, Registry::instance(), threads);
  if (arguments.format == "json") return fmt::print("{}", to_json(state));
  print_words(plan, folder, state, arguments);
}

}  // namespace

void add_status(CLI::App& app, int&) {
  auto arguments = std::make_shared<StatusArguments>();
  auto* command = app.add_subcommand("status", "how far a run is, while it goes or after it was cut off");
  command->add_option("RUN", arguments->folder, "run folder (the one with journal/ in it)")->required();
  command->add_option("--format", arguments->format, "table or json, on standard output")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command
      ->add_option("--silent", arguments->silent, "seconds without a word after which a node is marked (!)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([arguments] { run_status(*arguments); });
}

}  // namespace muster
