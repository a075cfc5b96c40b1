// Several ranks on one GPU: a functional test, never a performance result.
#pragma once
#include "kernels/contract/workload.hpp"

namespace muster::cuda {

/// Do ranks of this group share a GPU? Asked by all ranks at once. If so, before NCCL's first
/// call in this process sets what lets NCCL work all the same: every rank poses as a node of its own
/// (NCCL_HOSTID), since NCCL up to 2.29 refuses two ranks of one node on one GPU, and they talk through
/// sockets. Variables that are set stay as they are.
bool prepare_shared_gpus(Context& context);

}  // namespace muster::cuda
