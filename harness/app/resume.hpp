// Going on with a run that was cut off: options of `muster run`, and what they do to its folder.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"
#include "harness/record/finished.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/run_lock.hpp"

namespace CLI {
class App;
}

namespace muster {

struct ResumeArguments {
  std::string folder;  ///< --resume: go on with this run
  bool go_on = false;  ///< --continue: with the run that the output folder holds, else start one there
  bool retry_failed = false;
};
void add_resume_options(CLI::App& command, ResumeArguments& arguments);

/// Is that option (by its long name) one of the plan, which --resume goes by?
bool is_of_the_plan(std::string_view option);

/// Refuses options that would change the plan together with --resume, and others that do not go together: all
/// of them at once. Throws Error(usage).
void check_resume(CLI::App const& command, ResumeArguments const& arguments);

/// The plan of the run to be resumed; every case with `launches`, where that is given. Throws Error(usage)
/// where the folder holds none, or one of more launches.
Plan saved_plan(ResumeArguments const& arguments, std::optional<int> launches = {});

/// A run folder that is ours.
class OpenRun {
 public:
  /// Makes or opens the folder, locks it and, where it holds a run to go on with, finds out how far that got.
  /// A plan that is not yet there, or that has more launches by now, is saved. Throws Error(usage) where
  /// another run is at work, where there is a run that nobody asked to go on with, or one with another plan;
  /// Error(not_saved).
  OpenRun(std::string const& output, ResumeArguments const& arguments, Plan const& plan);

  RunFolder const& folder() const { return folder_; }
  /// Of a new run: nothing is finished.
  FinishedCases const& finished() const { return finished_; }
  /// The identity of the run that is gone on with, and how often that was.
  void continue_as(Document::Run& run) const;

 private:
  bool exists() const;
  void save_plan() const;
  void check_plan(ResumeArguments const& arguments) const;

  RunFolder folder_;
  Plan const& plan_;
  std::unique_ptr<RunLock> lock_;
  FinishedCases finished_;
};

/// This process's lock on a folder; where somebody takes it over meanwhile, the process ends itself. Throws
/// as RunLock does.
std::unique_ptr<RunLock> lock_folder(std::filesystem::path const& folder);

/// How to go on with it, for people.
std::string resume_words(RunFolder const& folder);

}  // namespace muster
