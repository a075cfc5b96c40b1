// Filling a folder with a dataset.
#pragma once
#include "kernels/contract/dataset.hpp"
#include "kernels/dataload/dataset/content.hpp"

namespace muster::dataload {

/// Makes the shards of `content` that are not in request.folder yet, each on one thread, then the index.
/// A shard is kept when its own small index (which lies beside it until the end) or the dataset's says the
/// same and all its bytes have their hashes. What stops this, a full disk or request.stop, leaves the whole
/// shards with an index of their own: usable, and where the next call goes on. Throws BadInput when the
/// folder holds something else or another process makes a dataset there, NotSaved when space is short or a
/// write fails.
DatasetReport make_dataset(Content& content, DatasetRequest const& request);

/// Is this the name of a file that make_dataset leaves in its folder, also when it is killed?
bool is_dataset_file(std::string const& name);

}  // namespace muster::dataload
