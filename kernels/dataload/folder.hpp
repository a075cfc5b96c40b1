// A user's own pictures, used where they lie.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::dataload {

/// .jpg, .jpeg, .jpe, in any case.
bool names_jpeg(std::filesystem::path const& path);

/// All regular files under the folder, sorted; hidden ones, and folders that may not be read, are passed
/// over. Throws BadInput when it cannot be read at all.
std::vector<std::filesystem::path> files_under(std::filesystem::path const& folder);

using Progress = std::function<void(double, std::string const&)>;

/// All JPEG files and .jpg members of .tar shards under `folder`, in the order of their paths, at most
/// `limit` of them (0: all). Every one is read and decoded once, by all threads of the team, so that what
/// cannot be used (truncated, no JPEG, CMYK, oversized, damaged) is known, left out and listed in
/// RecordSet::skipped. Hidden files and shard members that are no pictures (labels) are passed over. Throws
/// BadInput when the folder or every file in it is unusable.
RecordSet records_from_folder(std::filesystem::path const& folder, std::int64_t limit, Team& team,
                              Progress const& progress);

}  // namespace muster::dataload
