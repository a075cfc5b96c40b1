// Where a run stands, on standard error: a bar with an estimate of the time left on a terminal, plain lines
// elsewhere.
#pragma once
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"

namespace muster {

/// Seconds still to go: what each case and launch was planned to take, corrected by how the finished ones
/// compared.
class TimeLeft {
 public:
  explicit TimeLeft(double planned_seconds) : planned_(planned_seconds) {}
  void finished(double planned_seconds) { done_ += planned_seconds; }
  double fraction() const { return planned_ > 0 ? done_ / planned_ : 1; }
  /// Once a twentieth is done, the pace so far counts; before that, the plan.
  double seconds(double elapsed) const {
    if (fraction() < 0.05) return planned_ - done_;
    return elapsed * (1 - fraction()) / fraction();
  }

 private:
  double planned_, done_ = 0;
};

class Progress {
 public:
  /// `terminal`: may the line be rewritten? `colour`: may it be coloured (NO_COLOR unset)?
  Progress(Plan const& plan, std::FILE* out, bool terminal, bool colour);
  ~Progress();
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;
  void on(Event const& event);

 private:
  /// A launch of a case in one world (see CaseRecord).
  struct Part {
    int ranks = 0;  ///< that have left their records
    bool over = false;
  };
  using Worlds = std::map<CaseStatus, int>;  ///< of a launch of a case: how many ended how
  using Of = std::pair<std::size_t, int>;    // case, launch

  void on_record(CaseRecord const& record);
  Part& part(std::size_t index, int launch, std::string const& world) {
    return parts_[{index, launch, world}];
  }
  void begin(std::size_t index);
  void end(Of of, std::string const& world, CaseStatus status);
  void end_all(Of of, std::string const& outcome, bool failed);
  int worlds_of(std::size_t index) const;
  std::string marked(std::string const& outcome, bool failed) const;
  void tell(std::string const& line, bool failed);
  void draw(std::string const& text);
  void on_part(PhaseStarted const& phase);
  void clear();
  double planned(std::size_t index) const;

  Plan const& plan_;
  std::FILE* out_;
  bool terminal_, colour_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  TimeLeft left_;
  std::size_t ended_ = 0, total_ = 0;
  std::string current_;
  std::map<std::tuple<std::size_t, int, std::string>, Part> parts_;
  std::map<Of, Worlds> worlds_;
  int nodes_ = 1;  // that are worlds of their own in this phase
  int last_percent_ = -1;
  bool drawn_ = false;
};

}  // namespace muster
