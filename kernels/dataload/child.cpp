#include "kernels/dataload/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

extern char** environ;

namespace muster::dataload {
namespace {

using Clock = std::chrono::steady_clock;

/// Both ends of a pipe, closed when this goes.
struct Pipe {
  Pipe() { open = ::pipe2(ends.data(), O_CLOEXEC) == 0; }
  Pipe(Pipe const&) = delete;
  Pipe& operator=(Pipe const&) = delete;
  ~Pipe() {
    for (int const end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  std::array<int, 2> ends{-1, -1};
  bool open = false;
};

/// 0 or the error number.
int spawn(std::vector<std::string> const& command, int output, pid_t& child) {
  std::vector<char*> words;
  for (auto const& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  int const error = ::posix_spawn(&child, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// Until the other end is closed, or it is too late.
std::string output_until(int descriptor, Clock::time_point deadline) {
  constexpr std::size_t most = 8192;
  std::string text;
  while (Clock::now() < deadline && text.size() < most) {
    pollfd look{descriptor, POLLIN, 0};
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (::poll(&look, 1, static_cast<int>(std::max<long>(1, left))) <= 0) continue;
    char bytes[512];
    auto const got = ::read(descriptor, bytes, sizeof bytes);
    if (got <= 0) break;
    text.append(bytes, static_cast<std::size_t>(got));
  }
  return text;
}

/// False when it is still there at the deadline.
bool ended_by(pid_t child, int& status, Clock::time_point deadline) {
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace

ChildOutcome run_child(std::vector<std::string> const& command, std::chrono::milliseconds most) {
  auto const deadline = Clock::now() + most;
  ChildOutcome outcome;
  Pipe pipe;
  pid_t child = -1;
  int const error = pipe.open ? spawn(command, pipe.ends[1], child) : errno;
  if (error != 0) return {ChildOutcome::End::not_started, error, std::strerror(error)};
  ::close(std::exchange(pipe.ends[1], -1));
  outcome.output = output_until(pipe.ends[0], deadline);
  int status = 0;
  if (!ended_by(child, status, deadline)) {
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    outcome.end = ChildOutcome::End::timed_out;
  } else if (WIFSIGNALED(status)) {
    outcome.end = ChildOutcome::End::killed;
    outcome.status = WTERMSIG(status);
  } else {
    outcome.end = ChildOutcome::End::exited;
    outcome.status = WEXITSTATUS(status);
  }
  return outcome;
}

}  // namespace muster::dataload
