// A child process in a process group of its own, with its output in files. No shell is ever involved.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace muster {

/// How a process ended.
struct Ending {
  int exit_code = -1;  ///< -1 when a signal ended it
  int signal = 0;
  bool ok() const { return exit_code == 0; }
  std::string text() const;  ///< "exit code 3", "signal 9 (Killed)"
};

/// Of a status that waitpid gave.
Ending ending_of(int status);

struct Command {
  std::vector<std::string> argv;                           ///< argv[0] is looked up in PATH
  std::vector<std::pair<std::string, std::string>> env{};  ///< on top of this process's environment
  std::vector<std::string> unset{};                        ///< of this process's environment: left out
};

class Child {
 public:
  /// Standard input is empty; output and errors are appended to files, which may be one. Throws
  /// Error(infrastructure).
  Child(Command const& command, std::filesystem::path const& output, std::filesystem::path const& errors);
  /// Ends whatever is left of the group at once.
  ~Child();
  Child(Child const&) = delete;
  Child& operator=(Child const&) = delete;

  std::optional<Ending> poll();       ///< absent while it runs
  void signal(int number);            ///< to the child alone: a launcher hands it on to its ranks
  Ending stop(double grace_seconds);  ///< SIGTERM to the group, SIGKILL after the grace; waits for its end

 private:
  void kill_group(int signal) const;
  pid_t pid_ = -1;
  std::optional<Ending> ending_;
};

/// Runs to its end and returns what it printed; stops it at the deadline (then `timed_out`).
struct Answer {
  std::string output;
  std::string errors;
  Ending ending;
  bool timed_out = false;
};
Answer ask(Command const& command, double deadline_seconds);

}  // namespace muster
