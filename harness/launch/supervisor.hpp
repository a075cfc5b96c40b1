// Carries out a plan: starts launches, watches journals and deadlines, notes what died or hung, goes on with
// the rest. Touches no device and no MPI itself, so that no fault of theirs can take it down.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"
#include "harness/launch/batch.hpp"
#include "harness/launch/culprit.hpp"
#include "harness/launch/journal_follower.hpp"
#include "harness/launch/launcher.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/stands.hpp"

namespace muster {

/// The part of a plan that one call carries out.
struct Share {
  std::size_t phase = 0;
  std::vector<std::string> nodes{};  ///< to use; empty: this machine, or where the launcher pleases
};

struct SupervisorSettings {
  std::filesystem::path program;
  RunFolder folder;
  double start_seconds = 120;  ///< a worker that has begun no case by then counts as hung
  double grace_seconds = 3;    ///< between SIGTERM and SIGKILL
  double stand_seconds = 2;    ///< that workers have to say where they stand, before they are stopped
  double end_seconds = 60;     ///< workers that have done all their cases and still run by then hang
  /// That a shared folder may take to show a file that is new, where NFS keeps the folder's listing.
  double listing_seconds = 75;
  std::string world{};  ///< of a supervisor on one of many nodes: that node, whose journal alone it reads
  int attempts = 0;     ///< sets of workers that the run has had before: see CaseRecord::attempt
  /// Has that launch of the case come to its end in an earlier run?
  std::function<bool(int launch, std::size_t index)> done = [](int, std::size_t) { return false; };
  /// Those of the nodes that still answer; asked after workers on several nodes came to a bad end.
  std::function<std::vector<std::string>(std::vector<std::string> const&)> still_there{};
};

/// Why a run stopped before its plan was done; `signal` is 0 unless a signal did it.
struct RunStop {
  bool done = true;
  int signal = 0;
  std::string not_saved;    ///< a worker could not write its journal: the reason
  std::string elsewhere{};  ///< journals of workers are in other folders: their words
  int attempts = 0;         ///< sets of workers that the run has had by now
};

class Supervisor {
 public:
  /// `multi` starts launches of several ranks; it is asked for only when a case needs it.
  Supervisor(Plan const& plan, SupervisorSettings settings, JournalWriter& journal,
             std::function<std::unique_ptr<Launcher>()> multi, std::function<void(Event const&)> listener);
  ~Supervisor();

  RunStop run();                    ///< all phases, here
  RunStop run(Share const& share);  ///< one of them
  /// Those of the last share that are still there.
  std::vector<std::string> const& nodes() const { return nodes_; }

 private:
  struct Shape {                  // of a set of workers
    int ranks = 1, per_node = 0;  // as in PlannedCase
    auto operator<=>(Shape const&) const = default;
  };
  using Shapes = std::map<Shape, std::vector<std::size_t>>;
  Shapes open_cases(std::size_t phase, int launch) const;
  void run_batch(int launch, Shape const& shape, std::vector<std::size_t> const& cases);
  bool fits(Batch& batch);
  Spawn spawn(Batch const& batch);
  bool nodes_lost(Batch& batch);
  std::filesystem::path writable_log(std::filesystem::path const& log) const;
  bool run_worker_once(Batch& batch);
  void follow(Batch& batch);
  void follow_late_words(Batch& batch);
  bool is_spread(Batch const& batch) const;
  void on_event(Batch& batch, Event const& event);
  bool past_deadline(Batch const& batch) const;
  std::string too_long(Batch const& batch) const;
  bool stop_hung(Batch& batch, Child& child, std::string const& why);
  bool judge_end(Batch& batch, Ending const& ending);
  bool bad_end(Batch& batch, CaseStatus kind, std::string const& what);
  void collect_stands(Batch& batch);
  Culprit culprit_of(Batch const& batch);
  void blame(Batch& batch, CaseStatus kind, std::string const& what);
  void fail_rest(Batch& batch, std::string const& why);
  void note(Event const& event);
  Launcher& launcher_for(int ranks);

  Plan const& plan_;
  SupervisorSettings settings_;
  JournalWriter& journal_;
  std::function<std::unique_ptr<Launcher>()> make_multi_;
  std::function<void(Event const&)> listener_;
  std::unique_ptr<Launcher> direct_, multi_;
  std::vector<std::string> nodes_;
  StandReader stands_;
  std::filesystem::path local_;  // of this node, for what the run folder cannot take
  JournalFollower journals_;
  RunStop stop_;
};

}  // namespace muster
