#include "harness/app/versus_turn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "harness/app/paths.hpp"
#include "harness/core/job_values.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/status.hpp"
#include "harness/launch/child.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/launch/launcher.hpp"
#include "harness/launch/log_words.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/local_folder.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Command command_of(Turn const& turn, bool is_tied) {
  Command command{{turn.arm.program}, turn.arm.environment};
  if (is_tied) command.argv = tied(program_path().string(), turn.arm.program);
  command.argv.insert(command.argv.end(), {"run", "--resume", turn.folder.string(), "--launches",
                                           std::to_string(turn.launch + 1)});
  if (turn.retry_failed) command.argv.push_back("--retry-failed");
  command.argv.insert(command.argv.end(), turn.arm.run_arguments.begin(), turn.arm.run_arguments.end());
  return command;
}

/// A supervisor at work writes into its journal every few seconds, wherever that is by now.
class SignsOfLife {
 public:
  explicit SignsOfLife(RunFolder const& folder)
      : places_{folder.supervisor_journal(), local_folder(folder) / folder.supervisor_journal().filename()} {}
  double silent_seconds() {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      std::error_code none;  // not there, no sign
      auto const bytes = fs::file_size(places_[i], none);
      if (none || bytes == bytes_[i]) continue;
      bytes_[i] = bytes;
      last_ = Clock::now();
    }
    return seconds_since(last_);
  }

 private:
  std::array<fs::path, 2> places_;
  std::array<std::uintmax_t, 2> bytes_{};
  Clock::time_point last_ = Clock::now();
};

std::string last_line(fs::path const& log, std::uintmax_t start) {
  constexpr std::uintmax_t enough = 4096;
  auto const size = log_size(log);
  auto text = log_after(log, std::max(start, size - std::min(size, enough)));
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

class RunningTurn {
 public:
  RunningTurn(Turn const& turn, TurnSettings const& settings)
      : turn_(turn),
        settings_(settings),
        log_start_(log_size(turn.log)),
        child_(command_of(turn, settings.tied), turn.log, turn.log),
        signs_(RunFolder{turn.folder}) {}

  TurnEnd wait(std::function<void(std::string const&)> const& progress) {
    std::optional<Ending> ending;
    while (!(ending = child_.poll())) {
      if (end_.signal == 0) hand_on_signal();
      if (stopped_ && seconds_since(*stopped_) > settings_.save_seconds) ending = child_.stop(1);
      if (signs_.silent_seconds() > settings_.silence_seconds) return give_up();
      progress(last_line(turn_.log, log_start_));
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
    return judge(*ending);
  }

 private:
  void hand_on_signal() {
    end_.signal = interrupt_signal();
    if (end_.signal == 0) return;
    child_.signal(end_.signal);
    stopped_ = Clock::now();
  }

  TurnEnd give_up() {
    child_.stop(10);
    end_.exit_code = static_cast<int>(ExitCode::infrastructure);
    end_.words =
        fmt::format("its run gave no sign of life for {}", human_duration(settings_.silence_seconds));
    return end_;
  }

  /// A case that failed, or was wrong, is no reason to stop: it will be told.
  TurnEnd judge(Ending const& ending) {
    using enum ExitCode;
    end_.exit_code = ending.signal == 0 ? ending.exit_code : static_cast<int>(infrastructure);
    auto const goes_on = {ok, partial, wrong_numbers};
    bool const bad = std::ranges::none_of(
        goes_on, [&](ExitCode code) { return ending.exit_code == static_cast<int>(code); });
    if (!bad || end_.signal != 0) return end_;
    auto const words = last_words(log_after(turn_.log, log_start_), false);
    end_.words = fmt::format("its run ended with {}{}{}", ending.text(), words.empty() ? "" : ": ", words);
    return end_;
  }

  Turn const& turn_;
  TurnSettings settings_;
  std::uintmax_t log_start_;
  Child child_;
  SignsOfLife signs_;
  std::optional<Clock::time_point> stopped_;
  TurnEnd end_;
};

}  // namespace

TurnEnd take_turn(Turn const& turn, std::function<void(std::string const&)> const& progress,
                  TurnSettings const& settings) {
  return RunningTurn(turn, settings).wait(progress);
}

}  // namespace muster
