// What came of predicting published figures from smaller ones: project/ finds it, report/ shows it.
#pragma once
#include <string>
#include <vector>

#include "harness/core/published.hpp"

namespace muster {

enum class Premise {
  same_work,   ///< the same batch was published at a smaller size
  curve,       ///< two smaller sizes had batches of their own: a line through both
  proportion,  ///< one smaller size had another batch: as much longer as its batch is larger
  description  ///< nothing smaller was published: what the system is made of
};

/// One published figure beside its prediction; times in s.
struct ValidatedPoint {
  std::string series, family;
  std::string from, to;  ///< "8 + 64", "1024": GPUs; from: "" where nothing smaller was published
  PublishedKind kind = PublishedKind::step;
  Premise premise = Premise::same_work;
  std::string unknown{};  ///< why its premises are not known; "": it counts
  double published = 0;
  double p10 = 0, p50 = 0, p90 = 0;
  double error = 0;     ///< of p50, relative: -0.1: predicted 10 % shorter than it was
  bool inside = false;  ///< of p10 to p90
};

/// The bar, over points whose premises are known.
inline constexpr double most_median_error = 0.05, least_inside = 0.9, most_error = 0.2;

struct ValidationSummary {
  int points = 0;
  double median_error = 0, worst_error = 0;  ///< absolute values
  double inside = 0;                         ///< share of points
  /// Nothing to judge is no pass.
  bool passes() const {
    return points > 0 && median_error <= most_median_error && inside >= least_inside &&
           worst_error <= most_error;
  }
};

/// The model's own error as found on all families but one.
struct FoundWithout {
  std::string family;
  double lost = 0;   ///< what steps take longer with each doubling of GPUs: 0.01: 1 %
  double width = 1;  ///< of bands, in those of the shipped error
};

struct Validation {
  std::vector<ValidatedPoint> points;  ///< in the files' order
  ValidationSummary known, apart;      ///< whose premises are known; and the others, which do not count
  std::vector<FoundWithout> found;     ///< families not named: the shipped error stood for them
};

}  // namespace muster
