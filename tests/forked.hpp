// Work in a process of its own that tells the test what came of it.
#pragma once
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

namespace muster::tests {

class Forked {
 public:
  using Clock = std::chrono::steady_clock;

  /// Begins `work` in a child.
  explicit Forked(std::function<std::string()> const& work) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    process_ = fork();
    if (process_ < 0) throw std::runtime_error("no process");
    if (process_ == 0) tell(ends[1], work);
    close(ends[1]);
    result_ = ends[0];
  }

  /// What it returned; what it threw as "threw: " and its message; "died", or "hung" where it had to be
  /// killed at the deadline. To be asked once, and of results that a pipe holds (64 KiB).
  std::string told(Clock::time_point deadline) const {
    int status = 0;
    while (waitpid(process_, &status, WNOHANG) == 0) {
      if (Clock::now() > deadline) {
        kill(process_, SIGKILL);
        waitpid(process_, &status, 0);
        close(result_);
        return "hung";
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    auto const text = read_all();
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : "died";
  }

 private:
  [[noreturn]] static void tell(int file, std::function<std::string()> const& work) {
    auto const text = outcome(work);
    bool const written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 1);  // without the parent's destructors and exit handlers
  }

  static std::string outcome(std::function<std::string()> const& work) {
    try {
      return work();
    } catch (std::exception const& error) {
      return std::string("threw: ") + error.what();
    }
  }

  std::string read_all() const {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(result_, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    close(result_);
    return text;
  }

  pid_t process_ = -1;
  int result_ = -1;  // reading end of a pipe
};

}  // namespace muster::tests
