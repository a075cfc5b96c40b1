#include "harness/app/versus_stage.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "harness/app/versus_turn.hpp"
#include "harness/core/quantities.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/record/environment.hpp"
#include "harness/report/turns.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Stage {
 public:
  Stage(VersusStage& stage, StageSettings const& settings)
      : stage_(stage),
        settings_(settings),
        progress_(stderr, isatty(STDERR_FILENO) == 1, monotonic_seconds) {}

  StageEnd carry_out() {
    StageEnd end;
    while (stage_.done.size() < stage_.order.size() && end.done()) {
      end.signal = interrupt_signal();
      if (end.done()) end = next();
    }
    return end;
  }

 private:
  StageEnd next() {
    auto const arm = stage_.order[stage_.done.size()];
    int const launch = static_cast<int>(std::ranges::count(stage_.done, arm, &VersusStep::arm));
    auto const& program = arm == Arm::base ? settings_.versus.base : settings_.versus.candidate;
    auto const log = settings_.root / "log" / (std::string(name(arm)) + ".txt");
    auto const began = monotonic_seconds();
    auto const started = utc_now();
    progress_.begin(fmt::format("[{:>{}}/{}] {:4} launch {}", stage_.done.size() + 1,
                                std::to_string(stage_.order.size()).size(), stage_.order.size(), name(arm),
                                launch + 1));
    auto const end =
        take_turn({program, arm_folder(settings_.root, arm), log, launch, settings_.retry_failed},
                  [&](std::string const& text) { progress_.on(text); });
    VersusStep const step{arm, launch, started, monotonic_seconds() - began, end.exit_code};
    if (end.signal == 0 && end.words.empty()) keep(step);
    tell(step, end);
    return {end.signal, end.exit_code,
            end.words.empty()
                ? ""
                : fmt::format("the {} side: {}; its log: {}", name(arm), end.words, log.string())};
  }

  void keep(VersusStep const& step) {
    stage_.done.push_back(step);
    settings_.save();
  }

  void tell(VersusStep const& step, TurnEnd const& end) {
    if (end.signal != 0) return progress_.end("stopped");
    if (!end.words.empty()) return progress_.end("failed");
    auto const cases = step.exit_code == 0 ? "" : ", not all cases are well";
    auto const left = stage_.done.size() < stage_.order.size()
                          ? fmt::format(", about {} left", human_duration(seconds_left()))
                          : "";
    progress_.end(human_duration(step.seconds) + cases + left);
  }

  /// At the pace so far, each arm by itself; of one that has not had its turn, as planned.
  double seconds_left() const {
    double seconds = 0;
    for (auto const arm : {Arm::base, Arm::candidate}) {
      double sum = 0;
      int turns = 0;
      for (auto const& step : stage_.done) {
        if (step.arm != arm) continue;
        sum += step.seconds;
        ++turns;
      }
      auto const left = std::ranges::count(stage_.order, arm) - turns;
      seconds += static_cast<double>(left) * (turns > 0 ? sum / turns : settings_.launch_seconds / 2);
    }
    return seconds;
  }

  VersusStage& stage_;
  StageSettings const& settings_;
  TurnProgress progress_;
};

}  // namespace

StageEnd carry_out(VersusStage& stage, StageSettings const& settings) {
  fs::create_directories(settings.root / "log");
  return Stage(stage, settings).carry_out();
}

fs::path arm_folder(fs::path const& root, Arm arm) { return root / name(arm); }

}  // namespace muster
