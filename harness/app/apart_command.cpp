// Internal: runs another program and ends well whatever becomes of it, so that a launcher that would end all
// processes because of one leaves the others alone.
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "harness/app/commands.hpp"
#include "harness/app/paths.hpp"
#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/launch/child.hpp"
#include "harness/launch/launcher.hpp"
#include "harness/record/environment.hpp"

extern char** environ;

namespace muster {
namespace {

volatile sig_atomic_t child = 0;

extern "C" void hand_on(int signal) {
  if (child > 0) kill(static_cast<pid_t>(child), signal);
}

/// Signals of a launcher wait until there is a child that they can be handed on to.
class HandingOn {
 public:
  HandingOn() {
    sigemptyset(&signals_);
    struct sigaction action {};
    action.sa_handler = &hand_on;
    for (int const signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) {
      sigaddset(&signals_, signal);
      sigaction(signal, &action, nullptr);
    }
    sigprocmask(SIG_BLOCK, &signals_, nullptr);
  }
  void begin() const { sigprocmask(SIG_UNBLOCK, &signals_, nullptr); }
  sigset_t const& signals() const { return signals_; }

 private:
  sigset_t signals_;
};

/// With this process's input and output, and every signal as a new program has it.
pid_t start(std::vector<std::string> words, sigset_t const& signals) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  int const failed = posix_spawnp(&pid, argv[0], nullptr, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (failed)
    throw Error(ExitCode::infrastructure, fmt::format("cannot start {} ({}) is it installed and on the PATH?",
                                                      words[0], std::strerror(failed)));
  return pid;
}

void run_apart(std::vector<std::string> const& argv) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // of the launcher; handed on
  HandingOn const handing_on;
  auto words = tied(program_path().string(), argv[0]);
  words.insert(words.end(), argv.begin() + 1, argv.end());
  pid_t const pid = start(words, handing_on.signals());
  child = pid;
  handing_on.begin();
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  child = 0;
  auto const ending = ending_of(status);
  if (!ending.ok()) say(fmt::format("muster: {} on {} ended with {}\n", argv[0], host_name(), ending.text()));
}

}  // namespace

void add_apart(CLI::App& app) {
  auto argv = std::make_shared<std::vector<std::string>>();
  auto* command = app.add_subcommand("apart", "internal: a program whose end is no concern of its launcher");
  command->group("");
  command->add_option("program", *argv, "what to run, and its arguments")->required();
  command->callback([argv] { run_apart(*argv); });
}

}  // namespace muster
