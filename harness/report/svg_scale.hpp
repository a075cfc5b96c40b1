// From values to places on a drawing, and where an axis has its ticks.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace muster {

struct Tick {
  double value = 0;
  std::string label;
};

/// One direction of a plot: its values, the pixels they lie on, and what is written along it.
class Axis {
 public:
  /// From a little below `low` to a little above `high`, at round values; about `ticks` of them. The unit's
  /// decimal prefix follows the largest value and stands in the title: "TB/s".
  static Axis linear(double low, double high, std::string_view unit, int ticks);
  /// Decades; each tick has its own prefix: "100 G". Both ends above 0.
  static Axis decades(double low, double high, std::string_view unit, int ticks);
  /// The same of plain numbers: "0.1", "1,000".
  static Axis ratios(double low, double high, int ticks);
  /// Powers of two, as sizes of messages are: "64 KiB".
  static Axis sizes(double low, double high, int ticks);
  /// Exactly these ticks, logarithmic: numbers of ranks.
  static Axis counts(std::vector<double> const& values);

  /// The same axis along these pixels.
  Axis onto(double from, double to) const;
  Axis titled(std::string title) const;

  double at(double value) const;  ///< pixel; what lies outside is drawn at the border
  double low() const { return low_; }
  double high() const { return high_; }
  double from() const { return from_; }
  double to() const { return to_; }
  std::vector<Tick> const& ticks() const { return ticks_; }
  std::string const& title() const { return title_; }  ///< the unit, or what it was called

 private:
  double position(double value) const;

  double low_ = 0, high_ = 1, from_ = 0, to_ = 1;
  bool logarithmic_ = false;
  std::vector<Tick> ticks_;
  std::string title_;
};

/// "1.07" and "P" of 1.07e15: at most three significant digits and a decimal prefix.
std::string short_number(double value);

}  // namespace muster
