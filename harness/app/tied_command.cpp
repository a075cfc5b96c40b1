// Internal: becomes another program that ends when its supervisor is gone. Without it an mpirun whose
// supervisor was killed would go on waiting, and its ranks polling, for as long as one of them hangs.
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "harness/app/commands.hpp"
#include "harness/core/error.hpp"

namespace muster {
namespace {

struct TiedArguments {
  int supervisor = 0;
  std::vector<std::string> argv;
};

/// SIGTERM, so that mpirun ends its ranks on all nodes. The setting outlives the call of exec.
[[noreturn]] void become(TiedArguments const& arguments) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != arguments.supervisor)
    throw Error(ExitCode::infrastructure,
                "the supervisor is gone (it ended while this process was starting)");
  auto texts = arguments.argv;
  std::vector<char*> argv;
  for (auto& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  throw Error(ExitCode::infrastructure, fmt::format("cannot start {} ({}) is it installed and on the PATH?",
                                                    texts[0], std::strerror(errno)));
}

}  // namespace

void add_tied(CLI::App& app) {
  auto arguments = std::make_shared<TiedArguments>();
  auto* command = app.add_subcommand("tied", "internal: a program that ends with its supervisor");
  command->group("");
  command->add_option("--supervisor", arguments->supervisor, "its process id")->required();
  command->add_option("program", arguments->argv, "what to become, and its arguments")->required();
  command->callback([arguments] { become(*arguments); });
}

}  // namespace muster
