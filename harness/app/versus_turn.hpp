// One launch of one arm of an A/B run: a muster of its own, which goes on with the arm's run folder.
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "harness/core/versus.hpp"

namespace muster {

struct Turn {
  ArmProgram const& arm;
  std::filesystem::path folder;  ///< of the arm's run; its plan is there
  std::filesystem::path log;     ///< for all that it prints
  int launch = 0;
  bool retry_failed = false;
};

struct TurnSettings {
  double silence_seconds = 300;  ///< a run that gives no sign of life for so long is stopped
  double save_seconds = 90;      ///< that an interrupted one has to save what it has
  bool tied = true;  ///< its muster ends when this process is gone: nobody would take the next turn
};

struct TurnEnd {
  int exit_code = 0;
  int signal = 0;       ///< that this process got meanwhile
  std::string words{};  ///< why the run cannot go on; "" where it can
};

/// Waits for its end. An interrupt is handed on. `progress` gets its last words every now and then. Throws
/// Error(infrastructure) where it cannot be started.
TurnEnd take_turn(Turn const& turn, std::function<void(std::string const&)> const& progress,
                  TurnSettings const& settings = {});

}  // namespace muster
