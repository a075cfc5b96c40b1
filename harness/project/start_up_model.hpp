// From a job's start to its first step.
#pragma once

namespace muster::project {

/// s, of processes, libraries, communicators and warm-up, on `nodes`: the power law through what A100
/// systems' MLPerf Training logs say of their initialisation: v2.0 BERT 17, 66, 271 s on 1, 128,
/// 512 nodes, ResNet-50 37, 78, 118 s on 1, 128, 527, v1.0 SSD 383 s on 128 (mlcommons/training_results_v1.0,
/// v2.0). Other GPUs' systems were not looked at. `pull`: standard deviations off the middle (a draw), as
/// wide as those points lie about the line.
double start_up_seconds(int nodes, double pull = 0);

}  // namespace muster::project
