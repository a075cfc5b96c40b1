// Closed lists: how a case ended, how a run ended, what the program's exit code means.
#pragma once
#include <optional>
#include <string_view>

namespace muster {

/// How one case of one launch ended. `ok` is the only one that has figures.
enum class CaseStatus {
  ok,             ///< verified before and after, sampled
  wrong,          ///< an answer failed verification
  unsupported,    ///< device, library or group cannot do it
  out_of_memory,  ///< does not fit
  bad_input,      ///< the user's data cannot be used
  device_error,   ///< a library or the device reported an error
  crashed,        ///< the worker died in it
  timed_out,      ///< the worker was still in it at its deadline
  internal,       ///< an exception that no workload should let out: a defect of ours
  not_run         ///< the run ended before it
};

/// Overall state of a run.
enum class RunStatus { running, complete, partial, failed, aborted };

/// Exit codes of every command; fixed, never counts.
enum class ExitCode : int {
  ok = 0,
  gate_failed = 1,
  usage = 2,
  inconclusive = 3,
  partial = 4,
  wrong_numbers = 5,
  infrastructure = 6,
  not_saved = 7,
  interrupted = 130,
  terminated = 143
};

std::string_view name(CaseStatus status);
std::string_view name(RunStatus status);
std::optional<CaseStatus> case_status(std::string_view name);
std::optional<RunStatus> run_status(std::string_view name);

/// A few words for people: "wrong answer", "ran out of memory".
std::string_view words(CaseStatus status);

/// Does a case that ended so leave the run incomplete? `unsupported` does not: nothing was there to measure.
bool is_failure(CaseStatus status);

}  // namespace muster
