// Where a run stands, on standard error: a bar with an estimate of the time left on a terminal, plain lines
// elsewhere.
#pragma once
#include <chrono>
#include <cstdio>
#include <string>
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
  void begin(std::size_t index);
  void end(std::size_t index, int launch, std::string const& outcome, bool failed);
  void draw(std::string const& text);
  void clear();
  double planned(std::size_t index) const;

  Plan const& plan_;
  std::FILE* out_;
  bool terminal_, colour_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  TimeLeft left_;
  std::size_t ended_ = 0, total_ = 0;
  std::string current_;
  int recorded_ranks_ = 0;
  int last_percent_ = -1;
  bool drawn_ = false;
};

}  // namespace muster
