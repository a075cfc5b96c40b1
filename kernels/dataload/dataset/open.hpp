// A dataset as the record set that workloads read.
#pragma once
#include <cstdint>
#include <filesystem>

#include "kernels/dataload/records.hpp"

namespace muster::dataload {

bool has_index(std::filesystem::path const& folder);

/// What a workload can use.
enum class Wanted { pictures, any };

/// The first `limit` records (0: all) of the kind that is wanted, as whole samples where there is one, from
/// the index alone: no shard is read, but every shard must be there with its size. The records are a view of
/// the index; 4 bytes a record are kept only where some are left out in between. Names stay empty. Throws
/// BadInput naming what is wrong with index or shards, Unsupported when no record is a picture and pictures
/// are wanted.
RecordSet records_from_dataset(std::filesystem::path const& folder, std::int64_t limit, Wanted wanted);

}  // namespace muster::dataload
