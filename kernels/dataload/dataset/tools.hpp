// The dataset commands' work.
#pragma once
#include "kernels/contract/dataset.hpp"

namespace muster::dataload {

/// Every shard and record against the index; shards are shared out to the threads.
DatasetReport check_dataset(DatasetRequest const& request);

}  // namespace muster::dataload
