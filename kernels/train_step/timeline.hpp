// The step time over the time of sampling: in slices, and what changes in it.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/contract/work.hpp"
#include "kernels/train_step/step_ranks.hpp"

namespace muster::train {

/// Of the steps that began in a part of the time.
struct Slice {
  double begin = 0;   ///< seconds since the first step's
  double median = 0;  ///< of the slowest rank's steps, in seconds
  double longest = 0;
  std::size_t steps = 0;
};

/// At most 20 of equal length, as few as leave four steps each on average; those without a step are left out.
std::vector<Slice> slices_of(std::span<SlowestStep const> steps);

/// Steps become slower or faster: as clocks that throttle do to them. Judged by the medians of slices, eight
/// at least: Kendall's rank correlation with time has a probability below 0.01 by chance (normal
/// approximation; Mann, "Nonparametric tests against trend", 1945), and the last quarter's median is 2 % or
/// more from the first quarter's.
struct Drift {
  double from = 0, to = 0;  ///< seconds a step: medians of the first and the last quarter of slices
  double change() const { return from > 0 ? to / from - 1 : 0; }
};
std::optional<Drift> find_drift(std::span<Slice const> slices);

/// Steps that take longer than others again and again at equal distances: a flush to storage, a collector of
/// garbage, a monitoring service. A stall is a step longer than the median by a fifth of it, and by six times
/// the steps' usual scatter (1.4826 x their median distance from the median, which is the standard deviation
/// of normal ones); stalls that follow each other directly are one. Periodic are six at least of which four
/// fifths of the distances are whole multiples, within 15 %, of the median one: distances by chance
/// (exponential) are so in less than 3 of 10 cases.
struct Stalls {
  std::size_t count = 0;
  double period = 0;  ///< seconds between two; 0: not periodic
  double each = 0;    ///< seconds that one costs: the median of what it takes longer than the median step
  double share = 0;   ///< of all time that they cost together
};
std::optional<Stalls> find_stalls(std::span<SlowestStep const> steps);

/// Rows "0 %", "5 %", ... of the time; columns begin, median, longest.
Matrix timeline_matrix(std::span<Slice const> slices, double seconds);

/// "steps take 10.1 ms in the first quarter of 600 s, 10.9 ms in the last one: 8 % longer"; "" without one.
std::string words(std::optional<Drift> const& drift, double seconds);
/// "every 30.0 s a step takes 250 ms longer (20 times: 0.8 % of the time)"; "" without stalls.
std::string words(std::optional<Stalls> const& stalls);

}  // namespace muster::train
