// Becomes the parent of ranks. A file of its own, since it knows of signals and nothing of launchers.
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>

#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/launch/local_launcher.hpp"

extern char** environ;

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto last_words = std::chrono::seconds(10);

/// Ranks by process; those that still run are killed when it goes.
class Ranks {
 public:
  Ranks() {
    sigemptyset(&awaited_);
    for (int const signal : {SIGUSR1, SIGCHLD}) sigaddset(&awaited_, signal);
    sigprocmask(SIG_BLOCK, &awaited_, nullptr);
  }
  ~Ranks() {
    send(SIGKILL);
    while (!running_.empty() && waitpid(running_.begin()->first, nullptr, 0) > 0)
      running_.erase(running_.begin());
  }
  Ranks(Ranks const&) = delete;
  Ranks& operator=(Ranks const&) = delete;

  void start(std::vector<std::string> const& argv, int rank, int count) {
    std::vector<std::string> variables{fmt::format("PMI_RANK={}", rank), fmt::format("PMI_SIZE={}", count)};
    for (char** entry = environ; *entry; ++entry) variables.emplace_back(*entry);
    auto texts = argv;
    pid_t process = -1;
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int const failed = posix_spawnp(&process, argv.at(0).c_str(), nullptr, &attributes,
                                    pointers(texts).data(), pointers(variables).data());
    posix_spawnattr_destroy(&attributes);
    if (failed)
      throw Error(ExitCode::infrastructure,
                  fmt::format("cannot start {} ({})", argv[0], std::strerror(failed)));
    running_[process] = rank;
  }

  bool any() const { return !running_.empty(); }
  void send(int signal) const {
    for (auto const& [process, rank] : running_) kill(process, signal);
  }

  /// Hands on what comes, for a moment or until a rank may have ended.
  void wait() {
    timespec const moment{0, 200'000'000};
    if (sigtimedwait(&awaited_, nullptr, &moment) == SIGUSR1) send(SIGUSR1);
  }

  struct Ended {
    int rank;
    pid_t process;
    Ending how;
  };
  std::optional<Ended> next_end() {
    for (auto const& [process, rank] : running_) {
      int status = 0;
      if (waitpid(process, &status, WNOHANG) != process) continue;
      Ended const ended{rank, process, ending_of(status)};
      running_.erase(process);
      return ended;
    }
    return std::nullopt;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
  }

  sigset_t awaited_{};
  std::map<pid_t, int> running_{};
};

int code_of(Ending const& ending) { return ending.signal == 0 ? ending.exit_code : 128 + ending.signal; }

}  // namespace

int run_ranks(std::vector<std::string> const& argv, int count) {
  Ranks ranks;
  for (int rank = 0; rank < count; ++rank) ranks.start(argv, rank, count);
  int code = 0;
  std::optional<Clock::time_point> end;
  while (ranks.any()) {
    while (auto const ended = ranks.next_end()) {
      if (ended->how.ok() || code != 0) continue;
      code = code_of(ended->how);
      say(fmt::format("muster: rank {}, process {}, ended first: {}\n", ended->rank, ended->process,
                      ended->how.text()));
      end = Clock::now() + last_words;
    }
    if (end && Clock::now() > *end) ranks.send(SIGKILL);
    if (ranks.any()) ranks.wait();
  }
  return code;
}

}  // namespace muster
