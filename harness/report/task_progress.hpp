// Progress of one long task: a line that is rewritten on a terminal, a plain line now and then elsewhere.
#pragma once
#include <cstdio>
#include <functional>
#include <string>

namespace muster {

class TaskProgress {
 public:
  /// `seconds`: a clock, from any start.
  TaskProgress(std::string what, std::FILE* out, bool terminal, std::function<double()> seconds);
  ~TaskProgress();
  TaskProgress(TaskProgress const&) = delete;
  TaskProgress& operator=(TaskProgress const&) = delete;
  /// May be called as often as one likes: a terminal's line is drawn at most ten times a second, a plain line
  /// written at each tenth of the task and not before two seconds have passed.
  void on(double fraction, std::string const& text);

 private:
  void draw(double fraction, std::string const& text, double now);

  std::string what_;
  std::FILE* out_;
  bool terminal_;
  std::function<double()> seconds_;
  double start_, last_ = -1e9;
  int tenth_ = 0;
  bool drawn_ = false;
};

}  // namespace muster
