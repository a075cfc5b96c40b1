// What a run has behind it, by its journals: for going on with it.
#pragma once
#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"
#include "harness/record/case_events.hpp"
#include "harness/record/journal.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

struct FinishedSettings {
  /// Where every node is a world of its own: that node, whose own journals alone are read.
  std::string world{};
  /// What crashed, timed out or had a device error counts as not finished.
  bool retry_failed = false;
  std::vector<std::filesystem::path> further{};  ///< folders with journals besides the run's own
  int threads = 1;
};

class FinishedCases {
 public:
  /// One launch of a case, and its world ("" where all nodes are one).
  using Key = std::tuple<int, std::size_t, std::string>;

  /// Has it come to an end, whatever that was? What is half done has not.
  bool contains(int launch, std::size_t index, std::string const& world = {}) const {
    return ended_.contains({launch, index, world});
  }
  /// Has it on some node that was a world of its own?
  bool in_some_world(int launch, std::size_t index) const {
    auto const next = ended_.upper_bound({launch, index, ""});
    return next != ended_.end() && std::get<0>(*next) == launch && std::get<1>(*next) == index;
  }
  bool given_up(int launch, std::size_t index, std::string const& world = {}) const {
    return std::ranges::find(deadly_, Key{launch, index, world}) != deadly_.end();
  }
  /// Those that were under way when the run died, twice in a row and without an end: a third try would go the
  /// same way. Not in contains().
  std::vector<Key> const& deadly() const { return deadly_; }
  std::size_t size() const { return ended_.size(); }
  int attempts() const { return attempts_; }  ///< the highest of any set of workers so far
  int starts() const { return starts_; }      ///< of the run
  std::optional<Document::Run> const& run() const { return run_; }  ///< as it was first started

 private:
  friend FinishedCases finished_cases(Plan const&, RunFolder const&, Registry const&,
                                      FinishedSettings const&);
  std::set<Key> ended_;
  std::vector<Key> deadly_;
  int attempts_ = 0, starts_ = 0;
  std::optional<Document::Run> run_;
};

/// Findings against the deadly ones of a phase, for the journal: they are not tried again.
std::vector<CaseFailed> given_up(Plan const& plan, FinishedCases const& finished, std::size_t phase);

/// Nodes that phases of an earlier start found wanting: what they failed is not run again, so nobody would
/// notice. Not those that an inventory left out, which is taken anew.
std::vector<ExcludedNode> excluded_by_phases(RunFolder const& folder);

/// A case counts as the document would count it: see end_of().
FinishedCases finished_cases(Plan const& plan, RunFolder const& folder, Registry const& registry,
                             FinishedSettings const& settings = {});

}  // namespace muster
