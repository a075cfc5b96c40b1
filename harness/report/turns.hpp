// Where an A/B run stands, on standard error: a line a launch, and on a terminal what goes on inside it.
#pragma once
#include <cstdio>
#include <functional>
#include <string>

namespace muster {

class TurnProgress {
 public:
  /// `seconds`: a clock, from any start.
  TurnProgress(std::FILE* out, bool terminal, std::function<double()> seconds);
  ~TurnProgress();
  TurnProgress(TurnProgress const&) = delete;
  TurnProgress& operator=(TurnProgress const&) = delete;

  void begin(std::string what);  ///< "[ 3/20] new, launch 2"
  /// May be called as often as one likes: a terminal's line is drawn at most twice a second, a plain line
  /// written every 30 s.
  void on(std::string const& text);
  void end(std::string const& outcome);

 private:
  void clear();

  std::FILE* out_;
  bool terminal_;
  std::function<double()> seconds_;
  std::string what_;
  double last_ = 0;
  bool drawn_ = false;
};

}  // namespace muster
