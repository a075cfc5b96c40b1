// What failures, checkpoints and restarts leave of the time.
#pragma once
#include "harness/core/cluster_parts.hpp"

namespace muster::project {

/// Mean time between failures of `nodes` that fail one by one and independently (per-node Poisson), s;
/// infinite for a rate of 0. Published rates of a node, per 1,000 node-days: 2.34 RSC-2 and 6.50 RSC-1 (A.
/// Kokolis et al., "Revisiting Reliability in Large-Scale Machine Learning Research Clusters", arXiv
/// 2410.21680), 3.79 Llama 3 (419 failures in 54 days of 2,048 nodes, arXiv 2407.21783), 15.6 OPT-175B (about
/// two machines of 128 a day, metaseq's log), 23.7 RSC jobs of 1,024 GPUs (7.9 h between failures, the first
/// source). The last is 3.7 times the same clusters' own rate: jobs fail for more than their nodes.
double mean_time_between_failures(double node_rate, int nodes);

/// A job that is interrupted every `mtbf`, loses `restart` and what it did since the last checkpoint, and
/// waits `write` for each checkpoint. All in s.
struct Interruptions {
  double mtbf = 0, restart = 0, write = 0;
};

/// Share of the time that is neither redone nor spent on checkpoints and restarts, with a checkpoint every
/// `interval` > 0 s: (1 - (restart + interval / 2) / mtbf) / (1 + write / interval), the expected effective
/// training time ratio of arXiv 2410.21680; 0 where nothing is left. First order: failures within restarts
/// are not counted.
double goodput(Interruptions const& interruptions, double interval);

/// Where goodput() is highest: -write + sqrt(write^2 + 2 write (mtbf - restart)), its derivative's root. That
/// is J. W. Young's sqrt(2 write mtbf) (CACM 17, 1974) less what J. T. Daly (Future Generation Computer
/// Systems 22, 2006) takes off too. 0: checkpoints cost nothing, or nothing is left at any interval.
double best_interval(Interruptions const& interruptions);

struct Availability {
  double mtbf = 0;      ///< s; 0: no failures described
  double interval = 0;  ///< s, the best; 0: no failures described
  double goodput = 1;
};

/// `checkpoint_bytes` of all state (0: unknown) take as long as shared storage needs, at least the described
/// time. `pull`: standard deviations off the middle (a draw; > 0 fails more often).
Availability availability(Scenario const& scenario, int nodes, double checkpoint_bytes, double pull = 0);

}  // namespace muster::project
