// What High-Performance Linpack would give, and the rank on the Top500 lists.
#pragma once
#include "harness/core/cluster_parts.hpp"

namespace muster::project {

/// FLOP/s of HPL on `nodes`: the share of fp64 peak that the A100 systems of the lists reached (Rmax over
/// GPUs and their 19.5 TFLOP/s of fp64 tensor cores), each at its largest: Selene 63.46 PF of 4,480 GPUs,
/// JUWELS Booster 44.12 of 3,744, Perlmutter 70.87 of 6,144 (top500.org, lists of November 2020 and 2021):
/// 11.5 to 14.2 TF a GPU. Not measured here; 0 where no fp64 peak is described and for all GPUs but A100
/// (a100.hpp), whose shares nothing here says. `pull`: standard deviations off the middle (a draw; > 0 is
/// slower), as these systems differ.
double hpl_rate(Scenario const& scenario, int nodes, double pull = 0);

enum class Top500 { november_2020, june_2021 };

/// The rank that `rate` would have had; 11 stands for "not among the first ten".
int rank_on(Top500 list, double rate);
inline constexpr int below_the_first_ten = 11;

}  // namespace muster::project
