#include "harness/app/versus_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>

#include <algorithm>
#include <memory>

#include "harness/analyze/gate.hpp"
#include "harness/app/compare_results.hpp"
#include "harness/app/compare_sides.hpp"
#include "harness/app/formats.hpp"
#include "harness/app/paths.hpp"
#include "harness/app/versus_detect.hpp"
#include "harness/app/versus_plan.hpp"
#include "harness/app/versus_stage.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/say.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/plan/interleave.hpp"
#include "harness/plan/planner.hpp"
#include "harness/record/comparison_json.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/save.hpp"
#include "harness/record/versus_json.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

constexpr char const* fresh_folder = "confirm";

int launches_of(VersusStage const& stage) {
  return static_cast<int>(std::ranges::count(stage.order, Arm::base));
}

/// How far it goes is decided once: it would go ever farther if every look at the figures could decide anew.
bool is_pilot(Versus const& versus) {
  return versus.detect > 0 && launches_of(versus.first) <= pilot_launches;
}

/// What the other side has in place of this run's own; for people.
std::string differences_text(Versus const& versus) {
  std::vector<std::string> parts;
  auto const &base = versus.base, &candidate = versus.candidate;
  if (candidate.program != base.program)
    parts.push_back(fmt::format("{} ({})", candidate.program, candidate.version));
  if (candidate.plan_arguments != base.plan_arguments)
    parts.push_back(fmt::format("suite {}", candidate.plan_arguments.front()));
  for (auto const& [name, value] : candidate.environment) parts.push_back(fmt::format("{}={}", name, value));
  return parts.empty() ? "the same (whatever differs is chance)" : fmt::format("{}", fmt::join(parts, ", "));
}

void announce(Versus const& versus, double launch_seconds) {
  auto const launches = launches_of(versus.first);
  say(printable_lines(fmt::format(
      "base: {}, suite {}\nnew:  {}\n{} cases that both have, {} launches of each side in turn{}, about {}\n",
      versus.base.version, versus.base.plan_arguments.front(), differences_text(versus),
      versus.first.cases.size(), launches, versus.detect > 0 ? " to begin with" : "",
      human_duration(launches * launch_seconds))));
  for (auto const* list : {&versus.only_base, &versus.only_candidate}) {
    if (list->empty()) continue;
    say(printable(fmt::format("! only {} has, and neither runs: {}",
                              list == &versus.only_base ? "the base" : "the new side",
                              fmt::join(*list, ", "))) +
        "\n");
  }
}

void print_dry_run(PlannedVersus const& planned, Format format) {
  if (format == Format::json) return fmt::print("{}", to_json(planned.versus));
  Table table{{{"turn", true}, {"side"}, {"launch", true}}, {}};
  int launches[2] = {};
  for (auto const arm : planned.versus.first.order) {
    table.rows.push_back({std::to_string(table.rows.size() + 1), std::string(name(arm)),
                          std::to_string(++launches[static_cast<int>(arm)])});
  }
  print_table(table, format);
  announce(planned.versus, planned.launch_seconds);
}

/// The documents of both sides in a folder.
struct ArmResults {
  explicit ArmResults(fs::path const& root)
      : base(loaded.load(arm_folder(root, Arm::base).string())),
        candidate(loaded.load(arm_folder(root, Arm::candidate).string())) {}
  LoadedSides loaded{};
  Side base, candidate;
};

bool results_on_both_sides(fs::path const& root) {
  auto const there = [&](Arm arm) { return fs::exists(RunFolder{arm_folder(root, arm)}.result()); };
  return there(Arm::base) && there(Arm::candidate);
}

fs::path comparison_file(fs::path const& root) { return root / "comparison.json"; }

/// A run of two sides in a folder that is ours.
class VersusRun {
 public:
  VersusRun(fs::path root, Versus versus, VersusRequest const& request)
      : root_(std::move(root)), versus_(std::move(versus)), request_(request) {}

  int run() {
    end_ = carry_out(versus_.first, root_);
    if (end_.done() && is_pilot(versus_)) go_on_from_pilot();
    if (!results_on_both_sides(root_)) return conclude(static_cast<int>(ExitCode::partial));
    auto const comparison = compared();
    auto const code = static_cast<int>(gate({comparison}, versus_.rules.fail_on).exit_code);
    save_atomically(comparison_file(root_), to_json({comparison}, versus_.rules.fail_on, code));
    deliver_comparisons({comparison}, versus_.rules, request_.format, "");
    return conclude(code);
  }

 private:
  StageEnd carry_out(VersusStage& stage, fs::path const& root) {
    return muster::carry_out(
        stage, {versus_, root, launch_seconds_in(root), request_.resume.retry_failed, [this] { save(); }});
  }

  void save() const { save_atomically(versus_file(root_), to_json(versus_)); }

  void go_on_from_pilot() {
    auto const more = launches_to_add(root_, versus_);
    if (more <= 0) return;
    add_interleaved(versus_.first.order, more, versus_.seed);
    save();
    end_ = carry_out(versus_.first, root_);
  }

  Comparison compared() {
    auto const options = options_of(versus_.rules);
    ArmResults const results(root_);
    auto const first = compare(results.base, results.candidate, options);
    auto const open = suspects(first);
    if (!end_.done() || open.names.empty()) return first;
    if (!versus_.confirm) {
      auto const suspect = std::ranges::count(first.cases, CaseVerdict::suspect, &CaseComparison::verdict);
      if (suspect > 0)
        say(fmt::format("fresh launches can decide on the suspects: muster run --resume {} --confirm\n",
                        shown(root_)));
      return first;
    }
    auto const root = root_ / fresh_folder;
    if (!versus_.fresh) begin_fresh(open, root);
    end_ = carry_out(*versus_.fresh, root);
    if (!end_.done()) return first;
    ArmResults const fresh(root);
    return muster::confirm(first, {results.base, results.candidate}, {fresh.base, fresh.candidate}, options);
  }

  void begin_fresh(Suspects const& open, fs::path const& root) {
    for (auto const arm : {Arm::base, Arm::candidate}) {
      auto const plan = read_file(RunFolder{arm_folder(root_, arm)}.plan());
      save_arm_plan(root, arm, plan_part(plan, open.names));
    }
    versus_.fresh = VersusStage{open.names, {}, {}};
    add_interleaved(versus_.fresh->order, open.launches, versus_.seed);
    save();
    say(printable(fmt::format("{} fresh launches of each side decide on: {}", open.launches,
                              fmt::join(open.names, ", "))) +
        "\n");
  }

  /// `code`: what the comparison comes to.
  int conclude(int code) const {
    auto const resume = fmt::format("go on with: muster run --resume {}", shown(root_));
    if (end_.signal != 0) {
      say(fmt::format("stopped by {}; every finished case is saved; {}\n",
                      end_.signal == SIGINT ? "Ctrl-C" : "SIGTERM", resume));
      return static_cast<int>(end_.signal == SIGINT ? ExitCode::interrupted : ExitCode::terminated);
    }
    if (!end_.words.empty())
      throw Error(static_cast<ExitCode>(end_.exit_code),
                  fmt::format("{}\nwhat was measured before is saved; {}", end_.words, resume));
    say(fmt::format("saved  {}\n", fmt::join(saved_files(), ", ")));
    return code;
  }

  std::vector<std::string> saved_files() const {
    std::vector<std::string> files;
    for (auto const& file : {arm_folder(root_, Arm::base) / "result.json",
                             arm_folder(root_, Arm::candidate) / "result.json", comparison_file(root_)}) {
      if (fs::exists(file)) files.push_back(shown(file));
    }
    return files;
  }

  fs::path root_;
  Versus versus_;
  VersusRequest const& request_;
  StageEnd end_;
};

Versus saved_versus(fs::path const& root) {
  try {
    return versus_from_json(read_file(versus_file(root)));
  } catch (Error const& error) {
    throw Error(error.exit_code, fmt::format("{}: {}", versus_file(root).string(), error.what()));
  }
}

bool same_request(Versus const& a, Versus const& b) {
  auto const request = [](Versus versus) {
    versus.first.order.clear();
    versus.first.done.clear();
    versus.fresh.reset();
    return to_json(versus);
  };
  return request(a) == request(b);
}

/// Up to so many of each side; a pilot may go on that far.
void add_launches(Versus& versus, int launches) {
  int const there = launches_of(versus.first);
  if (launches < there)
    throw Error(
        ExitCode::usage,
        fmt::format("--launches {} is less than the run's {} (what was measured stays) give {} or more, or "
                    "leave it out",
                    launches, there, there));
  if (is_pilot(versus)) {
    versus.most_launches = launches;
  } else {
    add_interleaved(versus.first.order, launches - there, versus.seed);
  }
}

int resume(VersusRequest const& request, fs::path const& root) {
  InterruptGuard const guard;
  auto const lock = lock_folder(root);
  auto versus = saved_versus(root);
  bool const as_before = request.resume.go_on && versus.detect > 0;  // the limit that it has
  if (request.launches && !as_before) add_launches(versus, *request.launches);
  versus.confirm = versus.confirm || request.arguments.confirm;
  // Other nodes, perhaps, in another job.
  auto const of_run = handed_on(request.command, false);
  if (!of_run.empty()) versus.base.run_arguments = versus.candidate.run_arguments = of_run;
  say(fmt::format("going on with the run of two sides in {}: {} of {} launches are behind it\n", shown(root),
                  versus.first.done.size(), versus.first.order.size()));
  return VersusRun(root, versus, request).run();
}

/// The folder must be new, or hold this very run where it is to be gone on with.
void check_folder(VersusRequest const& request, fs::path const& root, Versus const& versus) {
  if (fs::exists(RunFolder{root}.plan()) || (holds_versus(root) && !request.resume.go_on))
    throw Error(
        ExitCode::usage,
        fmt::format("{0} already holds a run (it has a {1}) give another folder with -o, or go on with "
                    "that one: muster run --resume {0}",
                    root.string(), holds_versus(root) ? "versus.json" : "plan.json"));
  if (holds_versus(root) && !same_request(saved_versus(root), versus))
    throw Error(
        ExitCode::usage,
        fmt::format("{0} holds a run of other sides, or with other options (see its versus.json) give "
                    "another folder with -o, or go on with what is there: muster run --resume {0}",
                    root.string()));
}

VersusWishes wishes_of(VersusRequest const& request) {
  VersusWishes wishes{request.launches, request.budget_seconds, {}, request.arguments.confirm};
  if (!request.arguments.detect.empty()) wishes.detect = change_of(request.arguments.detect);
  return wishes;
}

}  // namespace

bool holds_versus(fs::path const& folder) { return fs::exists(versus_file(folder)); }

int run_versus(VersusRequest const& request) {
  if (!request.resume.folder.empty()) return resume(request, fs::absolute(request.resume.folder));
  auto const suite = find_suite(request.suite, configs_folder() / "suites");
  options_of(request.arguments.rules);  // a rule that is none is said before anything is measured
  auto planned = plan_versus(arms_of(request.arguments, request.command, suite), wishes_of(request));
  planned.versus.rules = request.arguments.rules;
  if (request.dry_run) {
    print_dry_run(planned, format_named(request.format));
    return 0;
  }
  auto const root = fs::absolute(request.output.empty() ? new_run_folder("results", host_name())
                                                        : fs::path(request.output));
  check_folder(request, root, planned.versus);
  if (holds_versus(root)) return resume(request, root);
  InterruptGuard const guard;
  make_folder(root);
  auto const lock = lock_folder(root);
  save_arm_plan(root, Arm::base, planned.base_plan);
  save_arm_plan(root, Arm::candidate, planned.candidate_plan);
  save_atomically(versus_file(root), to_json(planned.versus));
  announce(planned.versus, planned.launch_seconds);
  return VersusRun(root, planned.versus, request).run();
}

}  // namespace muster
