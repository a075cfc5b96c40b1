// Which published figure is predicted from which: the smaller ones predict the larger ones, by rule.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "harness/core/validation.hpp"

namespace muster::project {

struct PublishedPair {
  std::size_t target = 0;           ///< of the series' points
  std::vector<std::size_t> from{};  ///< likewise; of fewer GPUs each
  Premise premise = Premise::same_work;
  std::string unknown{};  ///< why the premises are not known; "" where they are
};

/// Every point that has smaller ones, once. The premise is the smallest system that did the same work: the
/// same batch on every GPU, accumulated as often or more often. Where none did, a line through the two
/// smallest systems with different batches.
///
/// Premises count as known, and the pair as a test of the model, by these rules, which look at premises and
/// never at the figure that is predicted:
///  - the work was published at a smaller size, or lies near the line's two batches: no farther beyond them
///  than a
///    quarter of their distance, and at least a quarter of the smaller one. (Farther out a line says nothing:
///    small batches run other kernels, and an error of one point grows with the distance.) Accumulated
///    batches make no line.
///  - the software is the same, and the source names nothing that differs;
///  - where the premise was published twice, both figures agree to 10 %;
///  - no smaller system took over 10 % less time for a sample of the premise's with a batch no larger than
///  its:
///    larger batches take no longer for each sample, so one of the two figures is of something else;
///  - of sums: one on two nodes whose algorithm is not said is no premise for more nodes. (There a tree sends
///  half of
///    what bus bandwidth counts: nccl issue 812.)
std::vector<PublishedPair> pairs_of(PublishedSeries const& series);

}  // namespace muster::project
