// Internal: starts the ranks of this node where there is no mpirun.
#include <memory>
#include <string>
#include <vector>

#include "harness/app/commands.hpp"
#include "harness/launch/local_launcher.hpp"

namespace muster {
namespace {

struct RanksArguments {
  int count = 1;
  std::vector<std::string> argv;
};

}  // namespace

void add_ranks(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<RanksArguments>();
  auto* command = app.add_subcommand("ranks", "internal: the ranks of this node, numbered as PMI does");
  command->group("");
  command->add_option("-n", arguments->count, "how many")->required()->check(CLI::Range(1, 1 << 16));
  command->add_option("program", arguments->argv, "what to start, and its arguments")->required();
  command->callback([arguments, &exit_code] { exit_code = run_ranks(arguments->argv, arguments->count); });
}

}  // namespace muster
