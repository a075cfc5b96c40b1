// A program run beside this one, for as long as it may take.
#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace muster::dataload {

struct ChildOutcome {
  enum class End { exited, killed, timed_out, not_started };
  End end = End::not_started;
  int status = 0;        ///< exited: its exit code; killed: the signal
  std::string output{};  ///< its standard output, at most some KiB; not_started: why
};

/// Runs `command` (the first is its whole path) with this process's environment. One that has not ended in
/// time is killed.
ChildOutcome run_child(std::vector<std::string> const& command, std::chrono::milliseconds most);

}  // namespace muster::dataload
