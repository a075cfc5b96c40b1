// Carries out launches of two arms in turn.
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "harness/core/versus.hpp"

namespace muster {

struct StageSettings {
  Versus const& versus;
  std::filesystem::path root;  ///< the arms' runs are in it
  double launch_seconds = 0;   ///< expected for one launch of both arms
  bool retry_failed = false;
  std::function<void()> save;  ///< called after every launch
};

/// How it ended: by itself, where all is as it was made.
struct StageEnd {
  int signal = 0;
  int exit_code = 0;    ///< with `words`
  std::string words{};  ///< why it could not go on
  bool done() const { return signal == 0 && words.empty(); }
};

/// What is left of the stage's order. Says on standard error how far it is.
StageEnd carry_out(VersusStage& stage, StageSettings const& settings);

std::filesystem::path arm_folder(std::filesystem::path const& root, Arm arm);

}  // namespace muster
