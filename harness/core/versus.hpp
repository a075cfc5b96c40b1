// A/B runs: two arms that take turns, launch by launch. app/ carries them out, record/ keeps them in
// versus.json.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/compare_rules.hpp"

namespace muster {

enum class Arm { base, candidate };
std::string_view name(Arm arm);  ///< "base", "new": also the folder of its run

/// How one arm is started.
struct ArmProgram {
  std::string program;                      ///< path of a muster
  std::string version{};                    ///< its answer to --version
  std::vector<std::string> plan_arguments;  ///< of its `run`, for the plan: suite, --backend, --filter, ...
  std::vector<std::string> run_arguments;   ///< of its `run --resume`: --launcher, --hosts, ...
  /// On top of this process's environment.
  std::vector<std::pair<std::string, std::string>> environment{};
};

/// One launch of one arm, as it went.
struct VersusStep {
  Arm arm = Arm::base;
  int launch = 0;
  std::string started;  ///< UTC, ISO 8601
  double seconds = 0;
  int exit_code = 0;  ///< of the arm's run up to here: 4 and 5 tell of cases, and are no reason to stop
};

/// Launches in turn: of all cases, or in a second stage of some.
struct VersusStage {
  std::vector<std::string> cases;  ///< that both arms have
  std::vector<Arm> order;
  std::vector<VersusStep> done{};  ///< the first of them
};

struct Versus {
  ArmProgram base, candidate;
  std::uint64_t seed = 0;                              ///< of the order, and of both arms' data
  std::vector<std::string> only_base, only_candidate;  ///< cases that are not run
  double detect = 0;          ///< the relative change that launches are to be enough for; 0: they are given
  int most_launches = 0;      ///< of each arm, with `detect`
  double budget_seconds = 0;  ///< with `detect`; 0: none
  bool confirm = false;       ///< run again what only fresh launches can decide
  CompareRules rules{};
  VersusStage first{};
  std::optional<VersusStage> fresh{};  ///< the second stage, once it has begun
};

}  // namespace muster
