// Internal: what the supervisor starts.
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>

#include <memory>

#include "harness/app/commands.hpp"
#include "harness/app/probe.hpp"
#include "harness/core/error.hpp"
#include "harness/core/events.hpp"
#include "harness/run/worker.hpp"

namespace muster {
namespace {

struct WorkerArguments {
  WorkerOptions options;
  std::string root;
  std::string probe;
  bool libraries = false, health = false;
};

/// It becomes part of a file's name.
std::string plain_name(std::string const& text) {
  bool const plain =
      text.size() <= 64 &&
      text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == text.npos;
  return plain ? "" : "a name is made of up to 64 letters and digits";
}

}  // namespace

void add_worker(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<WorkerArguments>();
  auto* command = app.add_subcommand("worker", "internal: one rank of one launch");
  command->group("");
  command->add_option("--root", arguments->root, "run folder");
  command->add_option("--launch", arguments->options.launch, "number of the launch");
  command->add_option("--ranks", arguments->options.ranks, "ranks that the plan wants");
  command->add_option("--cases", arguments->options.cases, "indexes into the plan")->delimiter(',');
  command->add_option("--attempt", arguments->options.attempt,
                      "sets of workers that the run has had, with this one");
  command->add_option("--group", arguments->options.group, "how ranks meet")
      ->check(CLI::IsMember({"solo", "mpi", "sockets"}));
  command
      ->add_option("--start", arguments->options.start,
                   "with --group sockets: a name of this set of workers alone")
      ->check(plain_name);
  command->add_option("--probe", arguments->probe, "print the devices of this backend and end");
  command->add_flag("--libraries", arguments->libraries, "with --probe: its libraries' versions too");
  command->add_flag("--health", arguments->health, "with --probe: opens every device");
  command->callback([arguments, &exit_code] {
    // A worker whose supervisor (or mpirun) was killed must not go on using the machine.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    exit_code = 0;
    if (!arguments->probe.empty()) {
      auto const asked = arguments->health      ? Asked::health
                         : arguments->libraries ? Asked::devices_and_libraries
                                                : Asked::devices;
      fmt::print("{}{}\n", probe_mark, to_json(probe_here(arguments->probe, asked)));
      return;
    }
    if (arguments->options.group == "sockets" && arguments->options.start.empty())
      throw Error(ExitCode::usage,
                  "--group sockets needs --start, a name that all workers of this start share");
    arguments->options.root = arguments->root;
    if (!run_worker(arguments->options)) exit_code = saved_elsewhere;
  });
}

}  // namespace muster
