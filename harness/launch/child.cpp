#include "harness/launch/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <set>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/core/files.hpp"

extern char** environ;

namespace muster {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// "NAME=value" of this process, without what the command unsets and with what it sets over it.
std::vector<std::string> environment(Command const& command) {
  std::set<std::string> dropped(command.unset.begin(), command.unset.end());
  for (auto const& [key, value] : command.env) dropped.insert(key);
  std::vector<std::string> list;
  for (char** entry = environ; *entry; ++entry) {
    std::string text(*entry);
    if (!dropped.contains(text.substr(0, text.find('=')))) list.push_back(std::move(text));
  }
  for (auto const& [key, value] : command.env) list.push_back(key + "=" + value);
  return list;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

class SpawnSettings {
 public:
  SpawnSettings(fs::path const& output, fs::path const& errors) {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     0644);
    if (errors == output) {
      posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    } else {
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                       0644);
    }
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (int const signal : {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGUSR1}) sigaddset(&defaults, signal);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(SpawnSettings const&) = delete;
  SpawnSettings& operator=(SpawnSettings const&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

pid_t spawn(Command const& command, fs::path const& output, fs::path const& errors) {
  SpawnSettings settings(output, errors);
  auto argv = command.argv;
  auto env = environment(command);
  pid_t pid = -1;
  int const failed = posix_spawnp(&pid, argv.at(0).c_str(), &settings.actions, &settings.attributes,
                                  pointers(argv).data(), pointers(env).data());
  if (failed) {
    throw Error(ExitCode::infrastructure, fmt::format("cannot start {} ({}) is it installed and on the PATH?",
                                                      argv[0], std::strerror(failed)));
  }
  return pid;
}

/// A folder of our own that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto name = (fs::temp_directory_path() / "muster-XXXXXX").string();
    if (!mkdtemp(name.data())) {
      throw Error(ExitCode::infrastructure,
                  fmt::format("cannot make a folder like {} ({}) set TMPDIR to one you may write", name,
                              std::strerror(errno)));
    }
    path = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;  // a folder left in the temporary directory harms nothing
    fs::remove_all(path, ignored);
  }
  TemporaryFolder(TemporaryFolder const&) = delete;
  TemporaryFolder& operator=(TemporaryFolder const&) = delete;
  fs::path path;
};

}  // namespace

std::string Ending::text() const {
  if (signal == 0) return fmt::format("exit code {}", exit_code);
  return fmt::format("signal {} ({})", signal, strsignal(signal));
}

Ending ending_of(int status) {
  return WIFSIGNALED(status) ? Ending{-1, WTERMSIG(status)} : Ending{WEXITSTATUS(status), 0};
}

Child::Child(Command const& command, fs::path const& output, fs::path const& errors)
    : pid_(spawn(command, output, errors)) {}

Child::~Child() {
  if (!ending_) stop(0);
  kill_group(SIGKILL);  // what the child itself may have left behind
}

void Child::kill_group(int signal) const { ::kill(-pid_, signal); }

void Child::signal(int number) {
  if (!poll()) ::kill(pid_, number);
}

std::optional<Ending> Child::poll() {
  if (ending_) return ending_;
  int status = 0;
  pid_t const got = waitpid(pid_, &status, WNOHANG);
  if (got != pid_) return std::nullopt;
  ending_ = ending_of(status);
  return ending_;
}

Ending Child::stop(double grace_seconds) {
  kill_group(SIGTERM);
  auto const until = Clock::now() + std::chrono::duration<double>(grace_seconds);
  while (!poll() && Clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  while (!poll()) {
    kill_group(SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return *ending_;
}

Answer ask(Command const& command, double deadline_seconds) {
  TemporaryFolder const folder;
  auto const output = folder.path / "out", errors = folder.path / "err";
  Answer answer;
  Child child(command, output, errors);
  auto const until = Clock::now() + std::chrono::duration<double>(deadline_seconds);
  while (!child.poll()) {
    if (Clock::now() >= until) {
      answer.timed_out = true;
      return answer;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  answer.ending = *child.poll();
  answer.output = read_file(output);
  answer.errors = read_file(errors);
  return answer;
}

}  // namespace muster
