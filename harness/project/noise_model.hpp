// What many nodes lose by their own daemons and others' traffic, each step.
#pragma once
#include "harness/core/cluster_parts.hpp"

namespace muster::project {

/// s that a step of `nodes` is longer than one of one node. Each node is late by an exponential delay of mean
/// (and standard deviation) FabricPart::noise, and all wait for the last: noise x (H_n - 1), for the mean
/// delay of one node is part of what was measured on it. That systems whose noise is exponential lose the
/// logarithm of their size: S. Agarwal, R. Garg, N. Vishnoi, "The Impact of Noise on the Scaling of
/// Collectives", HiPC 2005; which noise hurts at which scale: T. Hoefler, T. Schneider, A. Lumsdaine, SC10.
/// `pull`: standard deviations off the middle (a draw).
double synchronisation_noise(FabricPart const& fabric, int nodes, double pull);

}  // namespace muster::project
