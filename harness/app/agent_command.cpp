// Internal: what a cluster's supervisor starts on every node, once a phase. Answers for the node, and
// supervises what the node does by itself.
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/commands.hpp"
#include "harness/app/node_look.hpp"
#include "harness/app/paths.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/launch/local_launcher.hpp"
#include "harness/launch/supervisor.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/finished.hpp"
#include "harness/record/heart.hpp"
#include "harness/record/local_folder.hpp"

namespace muster {
namespace {

struct AgentArguments {
  std::string root, call;
  bool inventory = false, retry_failed = false;
  std::optional<std::size_t> phase;
};

/// The phase, carried out on this node alone; what keeps it from its end is in the result. Cases that an
/// earlier start of the run has finished here are left out.
RunStop carry_out(Plan const& plan, RunFolder const& folder, JournalWriter& journal,
                  AgentArguments const& arguments) {
  auto const cores = usable_cores();
  auto const launcher = [cores] { return one_node_launcher(cores, true); };
  FinishedSettings const earlier{host_name(), arguments.retry_failed, {local_folder(folder)}};
  SupervisorSettings settings{program_path(), folder};
  settings.world = host_name();
  RunStop stop;
  try {
    auto const finished = finished_cases(plan, folder, Registry::instance(), earlier);
    for (auto const& failure : given_up(plan, finished, *arguments.phase)) journal.append(failure);
    settings.attempts = finished.attempts();
    settings.done = [&](int launch, std::size_t index) {
      return finished.contains(launch, index, settings.world) ||
             finished.given_up(launch, index, settings.world);
    };
    return Supervisor(plan, settings, journal, launcher, [](Event const&) {}).run({*arguments.phase});
  } catch (Error const& error) {
    if (error.exit_code != ExitCode::not_saved) throw;
    stop.done = false;
    stop.not_saved = error.what();
    return stop;
  }
}

int run_agent(AgentArguments const& arguments) {
  InterruptGuard const guard;
  RunFolder const folder{arguments.root};
  auto const plan = plan_from_json(read_file(folder.plan(), "is the run folder shared by all nodes?"));
  JournalWriter journal(folder.agent_journal(host_name()), local_folder(folder));
  Heart const heart(journal, host_name());
  NodeSeen seen{arguments.call, utc_now(), {}, {}};
  seen.node.name = host_name();
  if (arguments.inventory) look_at_node(plan, seen);
  journal.append(seen);
  if (!arguments.phase) return 0;
  auto const stop = carry_out(plan, folder, journal, arguments);
  journal.append(AgentEnded{arguments.call, host_name(), stop.signal, stop.not_saved, stop.attempts});
  if (!stop.not_saved.empty()) throw Error(ExitCode::not_saved, stop.not_saved);
  return 0;
}

}  // namespace

void add_agent(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<AgentArguments>();
  auto* command = app.add_subcommand("agent", "internal: a node's part in a cluster's run");
  command->group("");
  command->add_option("--root", arguments->root, "run folder")->required();
  command->add_option("--call", arguments->call, "whose answer this is")->required();
  command->add_flag("--inventory", arguments->inventory, "describe the node");
  command->add_option("--phase", arguments->phase, "of the plan, to carry out");
  command->add_flag("--retry-failed", arguments->retry_failed, "run again what failed in an earlier start");
  command->callback([arguments, &exit_code] { exit_code = run_agent(*arguments); });
}

}  // namespace muster
