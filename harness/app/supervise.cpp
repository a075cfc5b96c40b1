#include "harness/app/supervise.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "harness/app/paths.hpp"
#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/launch/cluster.hpp"
#include "harness/launch/local_launcher.hpp"
#include "harness/report/progress.hpp"

namespace muster {
namespace {

/// What a person should know of the launcher, once.
class Noted {
 public:
  std::unique_ptr<Launcher> operator()(std::unique_ptr<Launcher> launcher) {
    if (!launcher->note().empty() && !said_) say(fmt::format("note: {}\n", launcher->note()));
    said_ = true;
    return launcher;
  }

 private:
  bool said_ = false;
};

RunStop carry_out(Supervision const& what, std::function<void(Event const&)> const& listener) {
  Noted noted;
  SupervisorSettings settings{program_path(), what.folder};
  settings.attempts = what.finished.attempts();
  settings.done = [&](int launch, std::size_t index) {
    // Of nodes by themselves agents know what is left; here it counts only where no node is left to do it.
    return what.finished.contains(launch, index) || what.finished.given_up(launch, index) ||
           what.finished.in_some_world(launch, index);
  };
  for (std::size_t phase = 0; phase < what.plan.phases.size(); ++phase) {
    for (auto const& failure : given_up(what.plan, what.finished, phase)) {
      if (failure.world.empty()) what.journal.append(failure);  // agents give up their own
    }
  }
  if (!what.allocation) {
    auto const launcher = [&] { return noted(one_node_launcher(what.cores)); };
    return Supervisor(what.plan, settings, what.journal, launcher, listener).run();
  }
  ClusterSettings cluster{settings, {}};
  cluster.retry_failed = what.retry_failed;
  if (!what.retry_failed) cluster.excluded = excluded_by_phases(what.folder);
  auto const lists = what.folder.logs();
  for (auto const& node : what.allocation->nodes) cluster.nodes.push_back(node.name);
  auto const launcher = [&] {
    return noted(node_launcher(what.arguments, *what.allocation, lists, what.cores));
  };
  return Cluster(what.plan, cluster, what.journal, launcher, listener).run();
}

}  // namespace

RunStop supervise(Supervision const& what) {
  bool const terminal = isatty(STDERR_FILENO) == 1;
  char const* no_colour = std::getenv("NO_COLOR");
  Progress progress(what.plan, stderr, terminal, terminal && !(no_colour && *no_colour));
  try {
    return carry_out(what, [&](Event const& event) { progress.on(event); });
  } catch (Error const& error) {
    if (error.exit_code != ExitCode::not_saved) throw;
    RunStop stop;
    stop.done = false;
    stop.not_saved = error.what();
    return stop;
  }
}

}  // namespace muster
