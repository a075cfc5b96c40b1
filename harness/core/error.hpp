// Errors that end a command: what went wrong, why, what to do; and the exit code that goes with it.
#pragma once
#include <stdexcept>
#include <string>

#include "harness/core/status.hpp"

namespace muster {

/// Thrown anywhere in the harness, caught once in app/. what() is "problem (why) remedy", possibly several
/// lines.
struct Error : std::runtime_error {
  Error(ExitCode code, std::string const& message) : std::runtime_error(message), exit_code(code) {}
  ExitCode exit_code;
};

}  // namespace muster
