// What a reader of a projection must know.
#pragma once
#include <string>
#include <vector>

#include "harness/core/cluster_description.hpp"
#include "harness/core/datasheets.hpp"
#include "harness/project/collective_model.hpp"

namespace muster::project {

/// What a projection knows of its GPUs.
struct GpuFinding {
  bool other = false;                   ///< than the described one
  bool unnamed = false;                 ///< published results need not name it: taken for the described one
  Datasheet const* measured = nullptr;  ///< of the other one, where its data sheet is known
};

GpuFinding gpu_finding(Premises const& premises, ClusterDescription const& cluster);

/// The most that is projected.
struct Reach {
  int nodes = 1, gpus = 1;  ///< gpus: of all nodes
};

/// "problem (why) remedy".
std::vector<std::string> warnings_of(Premises const& premises, ClusterDescription const& cluster,
                                     Calibration const& calibration, Reach const& reach);

}  // namespace muster::project
